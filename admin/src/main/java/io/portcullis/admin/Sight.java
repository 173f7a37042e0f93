package io.portcullis.admin;

import io.portcullis.admin.http.Principal;
import io.portcullis.policy.Tier;
import org.jspecify.annotations.Nullable;

/**
 * How much of the provider's policies an answer may tell. Their rules are known by their names, {@link Tier#PROVIDER_PREFIX} before them, wherever they turn up in
 * what is said of a tenant.
 */
enum Sight {
    /** All: for tokens of the cluster. */
    WHOLE,
    /** That they decided, and nothing of what is in them: for tokens of a tenant. */
    OWN;

    /** What stands where a rule of the provider may not be named; also the cause of a verdict. */
    static final String PROVIDER = "PROVIDER";

    static Sight of(Principal principal) {
        return principal.tenant() == null ? WHOLE : OWN;
    }

    /** Whether the rule or policy of this name may not be told. */
    boolean hides(String name) {
        return this == OWN && Tier.ofName(name) == Tier.PROVIDER;
    }

    /** The rule's name, or whose it is. */
    String rule(String name) {
        return hides(name) ? PROVIDER : name;
    }

    /** As whom it reads an analysis. */
    Tier reader() {
        return this == WHOLE ? Tier.PROVIDER : Tier.TENANT;
    }

    /**
     * The rule's id, which is made of its name.
     *
     * @param name null if there is no such rule (any more): nobody knows whose it was
     */
    long id(@Nullable String name, long id) {
        return this == OWN && (name == null || hides(name)) ? 0 : id;
    }
}
