package io.portcullis.admin;

import io.portcullis.policy.table.RuleTable;

/** The rule table that a tenant's policy has for a vNIC, and the revision it was compiled at. */
public record TableInForce(long revision, RuleTable table) {}
