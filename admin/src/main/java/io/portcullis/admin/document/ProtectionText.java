package io.portcullis.admin.document;

import io.portcullis.api.ProtectionSpec;
import io.portcullis.policy.AddressSource;
import io.portcullis.policy.VnicProtection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads and writes what a vNIC may do beyond what an end system does. */
public final class ProtectionText {
    /** How the addresses of a vNIC are guarded, as documents name it. */
    private enum SpoofGuard {
        PINNED,
        LEARNED,
        DISABLED
    }

    private ProtectionText() {}

    /** Nothing given means an end system with declared addresses. */
    static VnicProtection read(@Nullable ProtectionSpec spec, String path, Mistakes mistakes) {
        if (spec == null) {
            return VnicProtection.STRICT;
        }
        SpoofGuard guard = mistakes.constant(path + ".spoofGuard", spec.spoofGuard(), SpoofGuard.PINNED);
        return new VnicProtection(
                Boolean.TRUE.equals(spec.dhcpServer()),
                Boolean.TRUE.equals(spec.router()),
                Boolean.TRUE.equals(spec.bridge()),
                guard == SpoofGuard.DISABLED,
                learned(guard, spec.learnedAddresses(), path + ".learnedAddresses", mistakes),
                guard == SpoofGuard.LEARNED ? sources(spec, path, mistakes) : nothing(spec, path, mistakes));
    }

    private static Set<AddressSource> sources(ProtectionSpec spec, String path, Mistakes mistakes) {
        List<String> names = spec.discovery() == null ? List.of() : spec.discovery();
        Set<AddressSource> sources = EnumSet.noneOf(AddressSource.class);
        for (int index = 0; index < names.size(); index++) {
            sources.add(mistakes.constant(path + ".discovery[" + index + "]", names.get(index), AddressSource.DHCP));
        }
        return sources;
    }

    private static Set<AddressSource> nothing(ProtectionSpec spec, String path, Mistakes mistakes) {
        if (spec.discovery() != null && !spec.discovery().isEmpty()) {
            mistakes.add(path + ".discovery", "nothing is discovered", "leave it out, or set spoofGuard to learned");
        }
        return Set.of();
    }

    private static int learned(SpoofGuard guard, @Nullable Integer count, String path, Mistakes mistakes) {
        if (guard != SpoofGuard.LEARNED) {
            if (count != null) {
                mistakes.add(path, "nothing is learned", "leave it out, or set spoofGuard to learned");
            }
            return 0;
        }
        if (count == null) {
            return VnicProtection.DEFAULT_LEARNED_ADDRESSES;
        }
        if (count < 1 || count > VnicProtection.MAX_LEARNED_ADDRESSES) {
            mistakes.add(
                    path,
                    count + " is out of range",
                    "use 1 to " + VnicProtection.MAX_LEARNED_ADDRESSES + " addresses");
            return 0;
        }
        return count;
    }

    /** All that there is to say, defaults too. */
    public static ProtectionSpec spec(VnicProtection protection) {
        int learned = protection.learnedAddresses();
        SpoofGuard guard = protection.allowsForeignAddresses()
                ? SpoofGuard.DISABLED
                : learned > 0 ? SpoofGuard.LEARNED : SpoofGuard.PINNED;
        return new ProtectionSpec(
                ModelWriter.word(guard),
                learned > 0 ? (Integer) learned : null,
                protection.discovers()
                        ? protection.discovery().stream().map(ModelWriter::word).toList()
                        : null,
                protection.allowsDhcpServer(),
                protection.allowsRouter(),
                protection.allowsBridge());
    }
}
