"""Evidence against a call: what kind it is, where it stands, and what the query says instead."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from apigen_assets.domain.reason import Reason
from apigen_assets.files.json_types import JsonObject


class Rule(StrEnum):
    """A kind of evidence. Every member says the reason of a rejection, and whether it needs no knowledge of language.

    A rule that reads words applies to English queries only; `any_language` marks those that compare digits,
    quotations and codes.
    """

    reason: Reason
    any_language: bool

    def __new__(cls, value: str, reason: Reason, any_language: bool = False) -> Self:
        """A member: its name, the reason it gives, and whether it applies to any language."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.reason = reason
        member.any_language = any_language
        return member

    DISGUISED = "disguised", Reason.UNGROUNDED, True  # look-alike letters or invisible characters
    INJECTED = "injected", Reason.UNGROUNDED, True  # code that the query does not have
    DIGITS_DIFFER = "digits_differ", Reason.UNGROUNDED, True  # 1746 where the query says 1764
    CODE_DIFFERS = "code_differs", Reason.UNGROUNDED, True
    QUOTATION_DIFFERS = "quotation_differs", Reason.UNGROUNDED, True
    ELEMENT_DIFFERS = "element_differs", Reason.UNGROUNDED, True
    ELEMENT_MISSING = "element_missing", Reason.WRONG_ARGUMENTS, True
    STANDS_AMONG = "stands_among", Reason.WRONG_ARGUMENTS  # not taken, though it stands among a list's elements
    DAY_DIFFERS = "day_differs", Reason.UNGROUNDED, True  # no number of the query is the date's day
    SHIFTED = "shifted", Reason.UNGROUNDED, True  # 3000 where the query says 300
    UNIT_NOT_CONVERTED = "unit_not_converted", Reason.UNGROUNDED
    SCALE_NOT_CONVERTED = "scale_not_converted", Reason.UNGROUNDED  # a percentage as a fraction, or the reverse
    SIGN_LOST = "sign_lost", Reason.UNGROUNDED  # south, west, minus, below zero
    OTHER_NUMBER = "other_number", Reason.UNGROUNDED  # whole, and no calculation leads to it
    MAY_BE_OTHER_NUMBER = "may_be_other_number", Reason.UNGROUNDED  # another than is said, which may follow from it
    DERIVABLE_NUMBER = "derivable_number", Reason.UNGROUNDED  # could be arithmetic, but numbers are left over
    OTHER_MOMENT = "other_moment", Reason.UNGROUNDED  # the only one, said in full, and nothing counts from it
    MAY_BE_OTHER_MOMENT = "may_be_other_moment", Reason.UNGROUNDED  # another one, which may follow from it
    MOMENT_SLIP = "moment_slip", Reason.UNGROUNDED  # day and month changed round, morning for evening, a digit off
    OTHER_CHOICE = "other_choice", Reason.UNGROUNDED
    MAY_BE_OTHER_CHOICE = "may_be_other_choice", Reason.UNGROUNDED  # named by a word that is said for much else
    OTHER_TEXT = "other_text", Reason.UNGROUNDED  # a code built like another one that the query says
    MAY_BE_OTHER_TEXT = "may_be_other_text", Reason.UNGROUNDED  # not in the query, which names something else
    WORD_REPLACED = "word_replaced", Reason.UNGROUNDED
    WORDS_DIFFER = "words_differ", Reason.UNGROUNDED  # a text but for its first or last word
    SIBLING_SAYS = "sibling_says", Reason.UNGROUNDED
    FLAG_OPPOSITE = "flag_opposite", Reason.UNGROUNDED
    DEFAULT_BUT_SAID = "default_but_said", Reason.UNGROUNDED
    INVENTED_OPTIONAL = "invented_optional", Reason.UNGROUNDED
    INVENTED_CHOICE = "invented_choice", Reason.UNGROUNDED
    INVENTED_FLAG = "invented_flag", Reason.UNGROUNDED
    UNSTATED_CHOICE = "unstated_choice", Reason.UNGROUNDED  # a choice that nothing in the query names
    UNSTATED_TEXT = "unstated_text", Reason.UNGROUNDED  # a code or name that no word of the query could mean
    DENIED_CHOICE = "denied_choice", Reason.UNGROUNDED  # `won't be fixed` as `fixed`
    INVENTED_TEXT = "invented_text", Reason.UNGROUNDED
    NOTHING_STATED = "nothing_stated", Reason.UNGROUNDED  # no argument of the call is in the query
    INVENTED_NUMBER = "invented_number", Reason.UNGROUNDED
    UNSTATED_NUMBER = "unstated_number", Reason.UNGROUNDED  # not in the query, which nothing else contradicts
    MOMENT_COMPLETED = "moment_completed", Reason.UNGROUNDED  # a year or day that the query does not say
    REPEATS_DESCRIPTION = "repeats_description", Reason.UNGROUNDED, True  # the query is a function's description
    INSTRUCTION = "instruction", Reason.UNGROUNDED, True  # the query names the function or tells how to write data
    BROKEN_QUERY = "broken_query", Reason.UNGROUNDED
    SWAPPED = "swapped", Reason.WRONG_ARGUMENTS
    CORRECTED = "corrected", Reason.WRONG_ARGUMENTS  # `make it 5, no, 6`
    MAY_BE_SWAPPED = "may_be_swapped", Reason.WRONG_ARGUMENTS
    SWAPPED_ORDER = "swapped_order", Reason.WRONG_ARGUMENTS
    RANGE_TURNED = "range_turned", Reason.WRONG_ARGUMENTS
    ORDER_DIFFERS = "order_differs", Reason.WRONG_ARGUMENTS
    ELEMENTS_CROSSED = "elements_crossed", Reason.WRONG_ARGUMENTS  # the price of another object of the list
    LIST_TURNED = "list_turned", Reason.WRONG_ARGUMENTS
    OF_ANOTHER_CALL = "of_another_call", Reason.WRONG_ARGUMENTS
    TAKEN_TWICE = "taken_twice", Reason.WRONG_ARGUMENTS
    SAID_ONCE = "said_once", Reason.WRONG_ARGUMENTS  # one number of the query for two arguments
    UNASKED_CALL = "unasked_call", Reason.WRONG_FUNCTION  # of a function that is not spoken of, without a value
    OPPOSITE_CALL = "opposite_call", Reason.WRONG_FUNCTION  # `create a pet` as a deletion
    OTHER_QUANTITY = "other_quantity", Reason.WRONG_ARGUMENTS  # `25 degrees` for a length
    CONFUSED_CHOICE = "confused_choice", Reason.WRONG_ARGUMENTS
    OMITTED_NUMBER = "omitted_number", Reason.WRONG_ARGUMENTS
    OMITTED_CHOICE = "omitted_choice", Reason.WRONG_ARGUMENTS
    MAY_BE_OMITTED = "may_be_omitted", Reason.WRONG_ARGUMENTS  # an everyday word that also names a choice
    OMITTED_FLAG = "omitted_flag", Reason.WRONG_ARGUMENTS
    OMITTED_SHARED = "omitted_shared", Reason.WRONG_ARGUMENTS
    NUMBER_LEFT_OVER = "number_left_over", Reason.WRONG_ARGUMENTS
    MOMENT_LEFT_OVER = "moment_left_over", Reason.WRONG_ARGUMENTS
    CUT_SHORT = "cut_short", Reason.WRONG_ARGUMENTS, True  # a quotation without its end
    CALL_LEFT_OUT = "call_left_out", Reason.WRONG_ARGUMENTS  # `restart a-1 and b-2` with a call for one of them
    BOUND_TURNED = "bound_turned", Reason.WRONG_ARGUMENTS  # `above 500` as the maximum
    WRONG_PARAMETER = "wrong_parameter", Reason.WRONG_ARGUMENTS  # a number that belongs to a neighbour left out
    OTHER_PART_OF_DAY = "other_part_of_day", Reason.UNGROUNDED, True  # nine in the morning for `晚上九点`
    THOUSAND_AS_ONE = "thousand_as_one", Reason.UNGROUNDED, True  # `1.500 €` as 1.5
    UNLIKE_FELLOWS = "unlike_fellows", Reason.UNGROUNDED, True  # a number not said, where those of other calls are
    CODE_LEFT_OVER = "code_left_over", Reason.WRONG_ARGUMENTS, True  # built like one that a call has
    ENUMERATION_CUT = "enumeration_cut", Reason.WRONG_ARGUMENTS, True  # `o Rafa, a Bia e o Tiago` without the last
    DIGITS_LEFT_OVER = "digits_left_over", Reason.WRONG_ARGUMENTS, True
    CODE_OF_ANOTHER = "code_of_another", Reason.UNGROUNDED, True  # `SE` for Switzerland
    OTHER_MEASURE = "other_measure", Reason.WRONG_ARGUMENTS  # a diameter as the radius
    TEXT_ALTERED = "text_altered", Reason.UNGROUNDED, True  # nearly what the query quotes
    BOTH_SAID = "both_said", Reason.WRONG_ARGUMENTS  # one of two choices named together, where one means both
    DENIED_CALL = "denied_call", Reason.WRONG_FUNCTION  # `don't delete EV-77` as a deletion of it
    WRONG_TOOL = "wrong_tool", Reason.WRONG_FUNCTION


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence against one call."""

    rule: Rule
    place: str
    """`<call>.<parameter><path>`, or the name of a function."""
    says: str
    """What speaks against it, for people and for the judge."""

    @property
    def detail(self) -> str:
        """One sentence: where, and what."""
        return f"{self.place}: {self.says}"

    def to_json(self, rejects: bool) -> JsonObject:
        """The object in the column `findings`."""
        return {"rule": self.rule.value, "place": self.place, "says": self.says, "rejects": rejects}
