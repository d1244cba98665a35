"""Virtual patients: to train people, to try alarms and to show the demo. Invented, and tuned to published averages.

Nothing here may reach a clinical page, an alarm of a patient or a decision.
"""
