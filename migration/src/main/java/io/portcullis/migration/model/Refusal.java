package io.portcullis.migration.model;

import io.portcullis.vnic.RefusalCode;

/**
 * Why something was not done.
 *
 * @param message for people: what is the matter and, where it helps, what to do
 */
public record Refusal(RefusalCode code, String message) {}
