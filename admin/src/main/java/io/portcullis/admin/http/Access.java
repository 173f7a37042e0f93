package io.portcullis.admin.http;

import io.portcullis.policy.TenantId;
import java.util.Map;

/**
 * Which tokens a route is for. What a token may not see does not exist for it: it gets the 404 of something that is not there. What
 * it sees and may not do is forbidden, 403.
 */
public record Access(Scope scope, Role role) {
    /** Name of the variable of a path that says the tenant. */
    public static final String TENANT = "tenant";

    /** Whose a route is. */
    public enum Scope {
        /** Anyone's, without a token. */
        OPEN,
        /** Tokens of the path's tenant, and of the cluster; of the cluster only if it is the provider's. */
        TENANT,
        /** All tokens; the handler shows each what is its own. */
        SHARED,
        /** Tokens of the cluster only; others see what it is about and are refused. */
        CLUSTER,
        /** Tokens of the cluster only; for others it does not exist. */
        HIDDEN
    }

    static Access open() {
        return new Access(Scope.OPEN, Role.VIEWER);
    }

    /** For tokens of a tenant if its name is in the path, else for tokens of the cluster. */
    static Access of(String pattern, Role role) {
        return new Access(pattern.contains("{" + TENANT + "}") ? Scope.TENANT : Scope.HIDDEN, role);
    }

    public static Access shared(Role role) {
        return new Access(Scope.SHARED, role);
    }

    public static Access cluster(Role role) {
        return new Access(Scope.CLUSTER, role);
    }

    /**
     * Lets a request pass or refuses it.
     *
     * @param variables of the path
     * @param path as it is shown where there is nothing at it
     */
    void check(Principal principal, Map<String, String> variables, String path) {
        TenantId own = principal.tenant();
        String named = variables.get(TENANT);
        if (own != null && named != null && (!own.value().equals(named) || own.equals(TenantId.PROVIDER))) {
            throw new RefusedException(
                    ProblemKind.UNKNOWN, "there is no tenant '" + named + "'", "the token is for tenant " + own);
        }
        if (own != null && scope == Scope.HIDDEN) {
            throw Router.nothingAt(path);
        }
        if (own != null && scope == Scope.CLUSTER) {
            throw forbidden("this needs a token for the whole cluster, not for tenant " + own);
        }
        if (!principal.may(role)) {
            throw forbidden("this needs the role " + role.word() + ", the token '" + principal.name() + "' is a "
                    + principal.role().word());
        }
    }

    private static RefusedException forbidden(String detail) {
        return new RefusedException(
                ProblemKind.FORBIDDEN, detail, "ask an admin for another token (portcullis token create)");
    }
}
