"""A component that is drawn again from memory is the one that was asked for, and no other."""

import pytest
from jinja2 import DictLoader
from markupsafe import Markup

from glimmer.web.jinja import NotComparable, comparable, environment, remembering


class Macro:
    """A component that counts how often it was drawn."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, params: object = None, **more: object) -> Markup:
        self.calls += 1
        return Markup("{}").format(repr(params) + repr(more))


def test_same_parameters_are_drawn_once() -> None:
    macro = Macro()
    component = remembering(macro)
    first = component({"name": "note", "items": [{"value": "a", "checked": True}]})
    assert component({"name": "note", "items": [{"value": "a", "checked": True}]}) == first
    assert macro.calls == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"text": "<b>"}, {"text": Markup("<b>")}),
        ({"checked": True}, {"checked": 1}),
        ({"value": 1}, {"value": "1"}),
        ({"value": 1}, {"value": 1.0}),
        ({"value": None}, {"value": ""}),
        ({"items": []}, {"items": {}}),
        ({"items": [["a", "b"]]}, {"items": {"a": "b"}}),
        ({"items": [{"text": "a"}, {"text": "b"}]}, {"items": [{"text": "b"}, {"text": "a"}]}),
    ],
)
def test_parameters_that_differ_are_told_apart(one: object, other: object) -> None:
    macro = Macro()
    component = remembering(macro)
    component(one)
    component(other)
    assert macro.calls == 2


def test_what_cannot_be_compared_is_drawn_each_time() -> None:
    macro = Macro()
    component = remembering(macro)
    odd = {"attributes": object()}
    with pytest.raises(NotComparable):
        comparable(odd)
    component(odd)
    component(odd)
    component({"text": "a"}, caller=len)
    component({"text": "a"}, caller=len)
    assert macro.calls == 4


def test_text_that_somebody_typed_stays_escaped_after_the_same_text_was_drawn_as_html() -> None:
    env = environment(
        loader=DictLoader({"page": "{{ nhs.insetText({'html': words}) }}|{{ nhs.insetText({'text': words}) }}"}),
        autoescape=True,
    )
    page = env.get_template("page")
    safe, typed = page.render(words=Markup("<b>bold</b>")).split("|")[0], page.render(words="<b>bold</b>").split("|")[1]
    assert "<b>bold</b>" in safe
    assert "<b>" not in typed
    assert "&lt;b&gt;" in typed
