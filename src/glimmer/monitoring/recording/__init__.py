"""A session as one file that can be checked without the clinic that wrote it: chain, states, package, examination.

`session-ID.glimmer.zip` holds `session.jsonl` (header and events, each line chained to the one before),
`states.jsonl` (what was known at some moments), `record.pdf`, if wanted `messages.jsonl`, and `MANIFEST.json`.
"""
