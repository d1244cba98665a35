"""How a dose becomes a concentration: linear kinetics, exact, for one patient or for many at once. Pure numerics.

Amounts are mg, volumes litres, rates a minute, concentrations ng/mL; moments are whole seconds from a common start, so
that no two of them differ by a rounding. Nothing here recommends a dose, and nothing here reaches an alarm.
"""
