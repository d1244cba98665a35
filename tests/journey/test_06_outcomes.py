"""Chapter 6. Did it help? PHQ-9 after the treatment, judged by stated definitions."""

from tests.journey.test_02_selection import PHQ9_LABELS, phq9_is_recorded


def test_amina_scores_lower_than_before(maya, amina):
    phq9_is_recorded(amina, by=maya, occasion="After the course", answers="111011100")
    # 21 before and 6 after: 15 points or 71 % fewer. Half or more is a response, below 5 a remission.
    maya.sees("15 points lower", "a fall of 71 %", "This is a response", "No remission")


def test_mistyped_score_is_corrected_and_the_wrong_one_stays_visible(maya, amina):
    maya.page.get_by_role("link", name="Correct").last.click()
    for label in PHQ9_LABELS[:2]:
        maya.chooses(label, "0")
    maya.writes("What was wrong?", "Items 1 and 2 were read from the wrong column.")
    maya.presses("Put the right score in its place").sees("The score was corrected.", "Corrected")
    maya.sees("17 points lower", "a fall of 81 %").does_not_see("No remission")
