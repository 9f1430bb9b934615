"""The machine: records, sheets, scope, flow, approval, events, import, export, API. Imports no domain."""
