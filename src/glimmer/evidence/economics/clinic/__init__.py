"""The model of the ketamine clinic: what should a trust or an integrated care board commission for TRD?

| to change | look in |
|---|---|
| a figure, its doubt, its source | `guidance/economics/*.toml` |
| what nobody found | `guidance/economics/blanks.toml`, and a commissioner's own file (`inputs.py`) |
| a state, a transition, what something is worked out of | `structure.py` |
| a treatment, a strategy | `strategies.py` |
| a structural scenario | `scenarios.py` |
| what a session costs | `session_cost.py`, from the protocol |
| horizon, perspective, cycles | `question.py` |
| which draws of a registry enter, and how | `registry_draws.py` |

Ask in `decision.py`. `turning.py` says how far the answer depends on what nobody knows,
`yearly.py` what a budget holds.
"""
