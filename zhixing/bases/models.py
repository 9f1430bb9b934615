"""All that is kept of bases; the record types stand in the files beside this one, by what they are about."""

from zhixing.bases.base import Base, SafetyCheck
from zhixing.bases.ledger import BenefitStatement, Contribution
from zhixing.bases.places import PlaceCapacity, PracticeDemand, PracticeKind
from zhixing.bases.recognising import BaseRecognition, Level, RecognitionCriterion, RecognitionReview
from zhixing.bases.rooms import LAST_PERIOD, Booking, Room, Use
from zhixing.bases.shares import RevenueShare
from zhixing.bases.use import BaseUse, Guide, ResidentUnit
from zhixing.bases.yearly import BasePlan, TermSummary

__all__ = [
    "LAST_PERIOD",
    "Base",
    "BasePlan",
    "BaseRecognition",
    "BaseUse",
    "BenefitStatement",
    "Booking",
    "Contribution",
    "Guide",
    "Level",
    "PlaceCapacity",
    "PracticeDemand",
    "PracticeKind",
    "RecognitionCriterion",
    "RecognitionReview",
    "ResidentUnit",
    "RevenueShare",
    "Room",
    "SafetyCheck",
    "TermSummary",
    "Use",
]
