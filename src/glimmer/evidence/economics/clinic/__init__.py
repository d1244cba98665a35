"""The model of the ketamine clinic: what should a trust or an integrated care board commission for TRD?"""
