package io.portcullis.vnic;

import io.portcullis.policy.VnicId;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What vNICs of one tenant have in force on one host, with a digest of it that costs each change as much as that is: by it host and tenant find out whether they
 * know the same without saying all of it again. The digest is the same in every process. One thread.
 */
final class RealizedVnics {
    private final Map<VnicId, TenantCommand.Realized> vnics = VnicMaps.compact();
    private final Interned<TenantCommand.Realized> same = new Interned<>();
    private long digest;

    TenantCommand.@Nullable Realized get(VnicId vnic) {
        return vnics.get(vnic);
    }

    void put(VnicId vnic, TenantCommand.Realized realized) {
        TenantCommand.Realized before = vnics.put(vnic, same.of(realized));
        digest += weight(vnic, realized) - (before == null ? 0 : weight(vnic, before));
    }

    void remove(VnicId vnic) {
        TenantCommand.Realized before = vnics.remove(vnic);
        digest -= before == null ? 0 : weight(vnic, before);
    }

    boolean contains(VnicId vnic) {
        return vnics.containsKey(vnic);
    }

    boolean isEmpty() {
        return vnics.isEmpty();
    }

    int count() {
        return vnics.size();
    }

    Set<VnicId> ids() {
        return Collections.unmodifiableSet(vnics.keySet());
    }

    Map<VnicId, TenantCommand.Realized> all() {
        return Collections.unmodifiableMap(vnics);
    }

    /** Of all of it. */
    long digest() {
        return digest;
    }

    private static long weight(VnicId vnic, TenantCommand.Realized realized) {
        RuleAssignment rules = realized.rules();
        long mixed = mix(vnic.vm().name().hashCode(), vnic.name().hashCode());
        mixed = mix(mixed, rules.revision());
        mixed = mix(mixed, rules.hash().hashCode());
        mixed = mix(mixed, rules.shadowRevision());
        mixed = mix(mixed, rules.shadowHash().hashCode());
        mixed = mix(mixed, realized.enforcing() ? 1 : 0);
        return realized.epoch() == 0 ? mixed : mix(mixed, realized.epoch()); // builds that say no epoch count none
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
    private static long mix(long before, long more) {
        long mixed = before * 0x9e37_79b9_7f4a_7c15L + more;
        mixed = (mixed ^ mixed >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d0_49bb_1331_11ebL;
        return mixed ^ mixed >>> 31;
    }
}
