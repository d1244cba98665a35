"""FHIR R4 at the edge: our own small models of the resources we read, and the mapping into a referral.

R4 because UK Core is R4. The models take what the mapping needs and keep the names of the rest, so that
whatever was not taken over can be said in words instead of being dropped without a sound.
"""
