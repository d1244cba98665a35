"""Protocols in a clinic: proposed, approved by two, prescribed only then, retired without ending a course."""

import pytest

from glimmer.actions.plan import prescribe_plan
from glimmer.actions.protocols import approve_protocol, faults, propose_protocol, retire_protocol
from glimmer.actions.session import give_step
from glimmer.guidance import protocol
from glimmer.guidance.protocol import FOLDER, protocol_tables, use_source
from glimmer.records.audit import AuditLine
from glimmer.records.protocols import prescribable, proposed_documents, standings
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.bedside import NOON, a_ward
from tests.support.cast import an_episode, an_order

pytestmark = pytest.mark.django_db
NASAL = "intranasal-esketamine"


@pytest.fixture(autouse=True)
def asks_this_database(db):
    """Whatever another test proposed is forgotten."""
    use_source(proposed_documents)
    yield
    use_source(proposed_documents)


def document(version="2", old="", new=""):
    text = (FOLDER / f"{NASAL}.v1.toml").read_text().replace('version = "1"', f'version = "{version}"')
    assert old in text
    return text.replace(old or "\0", new)


def of_nasal(version):
    return next(one for one in standings() if (one.protocol.id, one.protocol.version) == (NASAL, version))


def sign(by, version="2", act=approve_protocol):
    return act(NASAL, version, of_nasal(version).protocol.digest, "Read through.", by=by)


def in_use(protocol_id=NASAL):
    return next((one.version for one in prescribable() if one.id == protocol_id), None)


def test_a_new_version_is_prescribed_only_once_two_have_approved_it(cast):
    propose_protocol(document(), "Weekly is enough.", by=cast.priya)
    assert in_use() == "1"
    sign(cast.priya)
    assert (in_use(), of_nasal("2").state) == ("1", "one approval")
    sign(cast.idris)
    assert (in_use(), of_nasal("2").state) == ("2", "in use")
    episode = an_episode(cast, at="session", protocol_id=NASAL, basis="")
    assert episode.plans.get().protocol_version == "2"
    assert AuditLine.objects.filter(action="approve_protocol").count() == 2


def test_the_same_person_twice_is_one(cast):
    propose_protocol(document(), "New.", by=cast.idris)
    sign(cast.idris)
    with pytest.raises(RuleRefused, match="You have approved this version"):
        sign(cast.idris)
    assert in_use() == "1"


def test_two_pharmacists_are_not_enough(cast):
    propose_protocol(document(), "New.", by=cast.priya)
    cast.tomos.role = "pharmacist"
    cast.tomos.save()
    sign(cast.priya)
    sign(cast.tomos)
    assert of_nasal("2").state == "one approval"
    sign(cast.una)
    assert in_use() == "2"


def test_who_may_not_approve_and_who_has_no_registration_is_refused(cast):
    propose_protocol(document(), "New.", by=cast.priya)
    with pytest.raises(NotAllowed):
        sign(cast.maya)
    cast.una.registration = ""
    with pytest.raises(RuleRefused, match="registration number"):
        sign(cast.una)


def test_a_protocol_at_fault_can_be_proposed_and_never_approved(cast):
    proposed = document(old="[3, 4, 3, 4, 3, 4, 3, 7, 7, 7, 7]", new="[1]")
    propose_protocol(proposed, "Daily.", by=cast.priya)
    with pytest.raises(RuleRefused, match="check finds it at fault") as refused:
        sign(cast.idris)
    assert "fewer than the shortest" in refused.value.reasons[0]
    assert faults(of_nasal("1").protocol) == ()


def test_another_content_than_was_looked_at_is_not_approved(cast):
    propose_protocol(document(), "New.", by=cast.priya)
    with pytest.raises(BadInput, match="not the protocol that you looked at"):
        approve_protocol(NASAL, "2", of_nasal("1").protocol.digest, "Read.", by=cast.idris)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not = [toml", "not valid TOML"),
        (document(version="1"), "a version never changes"),
        (document(version="two"), "version must be a number"),
        (document(old='id = "intranasal-esketamine"', new='id = "Nasal/../x"'), "id may hold a to z"),
        (document(old="value = 12", new='value = "twelve"'), None),
        (document(old="shortest_days_between", new="shortest_days"), "missing value, unit"),
    ],
)
def test_what_is_no_protocol_is_refused_with_its_reason(cast, text, says):
    if says is None:
        propose_protocol(text, "New.", by=cast.priya)
        assert "must be a number" in faults(of_nasal("2").protocol)[0]
        return
    with pytest.raises(BadInput, match=says):
        propose_protocol(text, "New.", by=cast.priya)


def test_what_is_retired_is_not_prescribed_and_its_course_goes_on(cast):
    ward = a_ward(protocol_id=f"{NASAL}-maintenance", dose_mg=56)
    session = ward.running()
    pinned = protocol(f"{NASAL}-maintenance")
    retire_protocol(pinned.id, pinned.version, pinned.digest, "Replaced.", by=cast.idris)
    assert in_use(pinned.id) is None
    give_step(session, number=2, by=ward.nurse, at=NOON.replace(minute=6))
    assert session.phase == "recovering"
    episode = an_episode(cast, at="plan", patient=3)
    with pytest.raises(BadInput, match="not in use"):
        prescribe_plan(episode, an_order(protocol_id=pinned.id, basis=""), by=cast.idris)
    with pytest.raises(RuleRefused, match="retired already"):
        retire_protocol(pinned.id, pinned.version, pinned.digest, "Again.", by=cast.idris)


def test_retiring_the_newest_brings_no_older_version_back(cast):
    propose_protocol(document(), "Longer stay.", by=cast.priya)
    sign(cast.priya)
    assert in_use() == "1"
    sign(cast.idris)
    assert in_use() == "2"
    sign(cast.idris, act=retire_protocol)
    assert in_use() is None, "version 1 was replaced for a reason, and nobody has looked at it again"


def test_a_session_finds_the_version_that_the_clinic_proposed_after_a_restart(cast):
    propose_protocol(document(), "New.", by=cast.priya)
    use_source(proposed_documents)  # as a new process begins: nothing is remembered
    found = protocol(NASAL, "2")
    assert found.digest == of_nasal("2").protocol.digest
    assert protocol_tables(NASAL, "2")["container_mg"]["value"] == 28
    assert protocol(NASAL).version == "1"


def test_a_protocol_that_there_is_not_is_not_prescribed(cast):
    episode = an_episode(cast, at="plan")
    with pytest.raises(BadInput, match="Choose a protocol from the list"):
        prescribe_plan(episode, an_order(protocol_id="nowhere"), by=cast.idris)


def test_nothing_is_prescribed_before_anybody_approved(db):
    assert prescribable() == ()
    assert {one.state for one in standings()} == {"not approved"}
