"""Who may call the addresses of the red-line gate."""

PLAIN = {
    "redline-plan": "practice.practice_plan:view",
    "redline-post": "practice.post:view",
    "redline-placement": "practice.placement:view",
    # What is asked of internships is for everybody to read.
    "redline-rules": "signed in",
    "redline-filings": "practice.filing:view, POST practice.filing:add",
    "api:red_lines": "practice.placement:view",
    "api:red_line_rules": "signed in",
}
