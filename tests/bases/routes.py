"""Who may call the addresses of bases that are no record type's."""

PLAIN = {
    "place-planner": "bases.practice_demand:view, POST bases.practice_demand:add",
    "place-visits": "bases.practice_demand:view",
    "booking-calendar": "bases.booking:view",
    "book-weekly": "bases.booking:add",
    "benefit-statement": "bases.benefit_statement:view",
    "term-summaries": "bases.term_summary:view, POST bases.term_summary:add",
    "term-summary": "bases.term_summary:view, POST bases.term_summary:change",
    "demonstration-board": "bases.base_recognition:view",
    "demonstration-nearest": "bases.base_recognition:add",
}
