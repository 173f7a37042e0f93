package io.portcullis.policy.model;

/**
 * One thing that is wrong with a document or edit.
 *
 * @param path JSON pointer (RFC 6901) into the tenant's model: {@code /policies/web/rules/2/sources/groups/0}
 * @param message what is wrong, with the value that is
 * @param hint what to do about it
 */
public record Problem(String path, String message, String hint) {
    @Override
    public String toString() {
        return path + ": " + message + " (" + hint + ")";
    }
}
