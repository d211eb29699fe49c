"""The Textual face of liqolab; `liqolab` never imports it."""
