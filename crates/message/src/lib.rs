//! What is said to people: templates and how they are rendered.
