package io.portcullis.policy.compile;

import io.portcullis.policy.IpFamily;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All of a vNIC that decides which rules concern it: in which of the groups that rules ask for it is, of which it has an IPv4 or an
 * IPv6 address, whether it may use others than its own, and whether it is excluded. vNICs with equal signatures have the same rule table.
 */
final class Signature {
    // bits of an element, above which is the number of the group
    private static final int MEMBER = 1;
    private static final int HAS_IPV4 = 2;
    private static final int HAS_IPV6 = 4;
    private static final int SHIFT = 3;
    private static final int GOLDEN_RATIO = 0x9e37_79b9;

    /** Ascending by group. */
    private final int[] elements;

    private final boolean mayUseUndeclared;
    private final boolean excluded;
    private final int hash;

    private Signature(int[] elements, boolean mayUseUndeclared, boolean excluded) {
        this.elements = elements;
        this.mayUseUndeclared = mayUseUndeclared;
        this.excluded = excluded;
        // the elements differ in their upper bits, and maps look at the lower ones
        int mixed = (Arrays.hashCode(elements) * 4 + (mayUseUndeclared ? 1 : 0) + (excluded ? 2 : 0)) * GOLDEN_RATIO;
        hash = mixed ^ mixed >>> 15;
    }

    static Signature of(VnicNode vnic, Inventory inventory, GroupIndex groups, ExclusionIndex exclusions) {
        int[] found = new int[8];
        int count = 0;
        for (WorkloadNode own : vnic.workloads) {
            int family = familyBit(own);
            IntSet sharers = own.sharers;
            int sharerCount = sharers == null ? 1 : sharers.size();
            for (int place = 0; place < sharerCount; place++) {
                WorkloadNode sharer = sharers == null ? own : inventory.workload(sharers.get(place));
                int bits = family | (sharer == own ? MEMBER : 0);
                for (int i = 0; i < sharer.groups.size(); i++) {
                    int group = sharer.groups.get(i);
                    if (groups.group(group).asked > 0) {
                        if (count == found.length) {
                            found = Arrays.copyOf(found, count * 2);
                        }
                        found[count++] = group << SHIFT | bits;
                    }
                }
            }
        }
        return new Signature(united(found, count), vnic.vnic.protection().mayUseUndeclared(), exclusions.holds(vnic));
    }

    private static int familyBit(WorkloadNode workload) {
        if (workload.workload.range().isEmpty()) {
            return 0;
        }
        return workload.workload.range().getFirst().family() == IpFamily.IPV4 ? HAS_IPV4 : HAS_IPV6;
    }

    private static int[] united(int[] found, int count) {
        Arrays.sort(found, 0, count);
        int size = 0;
        for (int place = 0; place < count; place++) {
            if (size > 0 && found[size - 1] >>> SHIFT == found[place] >>> SHIFT) {
                found[size - 1] |= found[place];
            } else {
                found[size++] = found[place];
            }
        }
        return Arrays.copyOf(found, size);
    }

    int size() {
        return elements.length;
    }

    int group(int place) {
        return elements[place] >>> SHIFT;
    }

    boolean isMember(int place) {
        return (elements[place] & MEMBER) != 0;
    }

    boolean hasAddress(int place) {
        return (elements[place] & (HAS_IPV4 | HAS_IPV6)) != 0;
    }

    boolean mayUseUndeclared() {
        return mayUseUndeclared;
    }

    /** Whether the tenant's rules do not hold for it. */
    boolean isExcluded() {
        return excluded;
    }

    boolean isMemberOf(List<GroupNode> groups) {
        return has(groups, MEMBER);
    }

    boolean hasAddressOf(List<GroupNode> groups, IpFamily family) {
        return has(groups, bits(family));
    }

    boolean hasAddressOf(GroupNode group, IpFamily family) {
        return has(group, bits(family));
    }

    private static int bits(IpFamily family) {
        return switch (family) {
            case IPV4 -> HAS_IPV4;
            case IPV6 -> HAS_IPV6;
            case ANY -> HAS_IPV4 | HAS_IPV6;
        };
    }

    private boolean has(List<GroupNode> groups, int bits) {
        for (int i = 0; i < groups.size(); i++) {
            if (has(groups.get(i), bits)) {
                return true;
            }
        }
        return false;
    }

    private boolean has(GroupNode group, int bits) {
        int place = Arrays.binarySearch(elements, group.number << SHIFT);
        int at = place < 0 ? -place - 1 : place;
        return at < elements.length && elements[at] >>> SHIFT == group.number && (elements[at] & bits) != 0;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Signature signature
                && hash == signature.hash
                && mayUseUndeclared == signature.mayUseUndeclared
                && excluded == signature.excluded
                && Arrays.equals(elements, signature.elements);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
