package io.portcullis.admin.http;

import java.util.Locale;

/** Why a request can be refused; the code that programs see is the constant's name in lower case with hyphens. */
public enum ProblemKind {
    /** A document has mistakes; they are listed. */
    INVALID_DOCUMENT(400, "The document has mistakes"),
    /** Something in the address, the query or a header makes no sense. */
    INVALID_REQUEST(400, "The request makes no sense"),
    /** No token, or not the right one. */
    UNAUTHORIZED(401, "A valid token is needed"),
    /** The token is right, and not for this. */
    FORBIDDEN(403, "The token does not allow it"),
    /** The address names something that does not exist. */
    UNKNOWN(404, "There is no such thing"),
    METHOD_NOT_ALLOWED(405, "That cannot be done here"),
    /** The VM is moving. */
    MOVING(409, "The VM is moving"),
    /** The VM is on that host already. */
    SAME_HOST(409, "The VM is on that host already"),
    /** The hand-over of a migration has begun. */
    TOO_LATE(409, "It is too late to cancel"),
    /** The present state does not allow it. */
    WRONG_STATE(409, "The present state does not allow it"),
    /** Something else still needs it. */
    IN_USE(409, "Something still uses it"),
    /** The tenant would have more than its quota allows. */
    QUOTA(409, "The tenant's quota does not allow it"),
    /** A named limit of a host is reached. */
    CAPACITY(409, "The host is full"),
    /** The host is being evacuated. */
    DRAINING(409, "The host takes no VM"),
    /** A port of the VM cannot be opened on that host. */
    PORT(409, "The port cannot be used"),
    /** The change brings findings of kinds that the client refuses. */
    FINDINGS(409, "The change brings what it must not"),
    /** Somebody else changed the tenant first. */
    STALE_REVISION(412, "The tenant has changed since"),
    TOO_LARGE(413, "The document is too large"),
    /** A defect of ours; the log of the node has the details. */
    INTERNAL(500, "Something went wrong"),
    /** A named limit of what this node does at once is reached. */
    BUSY(503, "The node has too much to do"),
    /** The host is not up, or does not answer. */
    HOST_UNAVAILABLE(503, "The host is not available"),
    /** The database does not answer. */
    STORE_UNAVAILABLE(503, "The store is not available"),
    /** The cluster did not answer in time; a change may have happened all the same. */
    TIMEOUT(503, "The cluster did not answer in time");

    private final int status;
    private final String title;

    ProblemKind(int status, String title) {
        this.status = status;
        this.title = title;
    }

    public int status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** For example {@code stale-revision}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
