// Placeholder removed with the first test.
