//! Tests of the desk over real HTTP.
