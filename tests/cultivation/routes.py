"""Who may call cultivation's own addresses."""

PLAIN = {
    "plan-map": "cultivation.training_plan:view",
    "my-choices": "cultivation.own_choices:view",
    "my-apprenticeship": "cultivation.own_apprenticeship:view",
    "api:my_choices": "cultivation.own_choices:view, POST cultivation.own_choices:add",
    "api:choose": "cultivation.own_choices:view, POST cultivation.own_choices:add",
    "api:my_apprenticeship": "cultivation.own_apprenticeship:view",
    "api:review_own": "cultivation.own_apprenticeship:add",
    # Plans and classes alike: whoever may change none of them finds nothing there.
    "cultivation-ask": "cultivation.order_class:change",
    "risk-radar": "cultivation.risk:view",
    "risk-rows": "cultivation.risk:view",
    "apprenticeship-ask": "cultivation.apprenticeship:change",
}
