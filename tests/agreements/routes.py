"""Who may call the addresses of agreements that are no record type's."""

PLAIN = {
    "signing-waiting": "agreements.school_signature:view, POST agreements.school_signature:approve",
    "api:waiting_signatures": "agreements.school_signature:view",
    "api:sign_together": "agreements.school_signature:approve",
}
