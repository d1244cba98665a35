"""Is it worth it? An engine for decision models in health economics, and the model of the ketamine clinic."""
