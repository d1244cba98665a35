"""The patients."""

from django.db import models


class Patient(models.Model):
    """One person in the clinic's care. `local_number` is the hospital number that monitors send as PID-3."""

    nhs_number = models.CharField(max_length=10, unique=True)
    local_number = models.CharField(max_length=20, unique=True)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    birth_date = models.DateField()
    sex = models.CharField(
        max_length=10, choices=[("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Not known")]
    )
    address = models.TextField(blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    telephone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    gp_name = models.CharField(max_length=120, blank=True)
    gp_practice = models.CharField(max_length=160, blank=True)
    gp_practice_code = models.CharField(max_length=10, blank=True)
    communication_needs = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["family_name", "given_name"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(nhs_number__regex=r"^[0-9]{10}$"), name="nhs_number_ten_digits"),
        ]

    def __str__(self) -> str:
        return f"patient {self.pk}"

    @property
    def name(self) -> str:
        """Family name in capitals, then given name: the order NHS identity checks use."""
        return f"{self.family_name.upper()}, {self.given_name}"
