package io.portcullis.admin;

import io.portcullis.admin.document.ModelReader;
import io.portcullis.admin.document.PacketReader;
import io.portcullis.admin.http.ProblemKind;
import io.portcullis.admin.http.RefusedException;
import io.portcullis.api.EvaluateRequest;
import io.portcullis.api.FieldProblem;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.evaluate.End;
import io.portcullis.policy.evaluate.Path;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vm;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which packets on which paths a request asks about, in the terms of one model.
 *
 * @param paths at least one, at most {@value #MAX_PATHS}
 */
record PathRequest(PacketReader.Template packet, List<Path> paths) {
    /** Pairs of addresses that one request is answered for. */
    static final int MAX_PATHS = 64;

    /** Refuses, saying where and why, what names nobody, no packet, or too much. */
    static PathRequest read(TenantModel model, EvaluateRequest request) {
        PacketReader reader = new PacketReader();
        PacketReader.Template packet =
                reader.read(request).orElseThrow(() -> RefusedException.invalid(reader.mistakes()));
        @Nullable IpFamily family = family(request.family());
        List<Path> paths = Path.between(
                        ends(model, request.from(), request.fromAddress(), "from"),
                        ends(model, request.to(), request.toAddress(), "to"))
                .stream()
                .filter(path -> packet.isOf(path.from().family()))
                .filter(path -> family == null || path.from().family() == family)
                .toList();
        if (paths.isEmpty()) {
            throw new RefusedException(
                    ProblemKind.INVALID_REQUEST,
                    "there is no way from " + request.from() + " to " + request.to() + " for such a packet",
                    "they need addresses of one family, that of the protocol, and one of them must be a VM's");
        }
        if (paths.size() > MAX_PATHS) {
            throw new RefusedException(
                    ProblemKind.INVALID_REQUEST,
                    paths.size() + " pairs of addresses are too many (MAX_PATHS is " + MAX_PATHS + ")",
                    "name vNICs (VM/NIC), addresses (fromAddress, toAddress) or a family");
        }
        return new PathRequest(packet, paths);
    }

    private static @Nullable IpFamily family(@Nullable String text) {
        if (text == null) {
            return null;
        }
        return switch (text.toUpperCase(Locale.ROOT)) {
            case "IPV4" -> IpFamily.IPV4;
            case "IPV6" -> IpFamily.IPV6;
            default -> throw wrong("family", "'" + text + "' is neither IPV4 nor IPV6", null);
        };
    }

    /** Of a VM, one of its vNICs, or an address. */
    private static List<End> ends(TenantModel model, String name, @Nullable String address, String path) {
        boolean isAddress = name.indexOf('.') >= 0 || name.indexOf(':') >= 0;
        if (isAddress) {
            if (address != null) {
                throw wrong(path + "Address", "'" + name + "' is an address already", "leave it out");
            }
            return End.of(model, address(name, path));
        }
        int slash = name.indexOf('/');
        Vm vm = Lookup.vm(model, slash < 0 ? name : name.substring(0, slash));
        List<Vnic> vnics = slash < 0 ? vm.vnics() : List.of(Lookup.vnic(vm, name.substring(slash + 1)));
        if (address != null) {
            return ofAddress(vnics, name, address(address, path + "Address"), path + "Address");
        }
        List<End> ends = End.of(vnics);
        if (ends.isEmpty()) {
            throw wrong(path, name + " has no declared address", "say which one it uses with " + path + "Address");
        }
        return ends;
    }

    private static List<End> ofAddress(List<Vnic> vnics, String name, InetAddress address, String path) {
        List<Vnic> declaring = vnics.stream()
                .filter(vnic -> vnic.allAddresses().contains(address))
                .toList();
        List<Vnic> using = declaring.isEmpty()
                ? vnics.stream()
                        .filter(vnic -> vnic.protection().mayUseUndeclared())
                        .toList()
                : declaring;
        if (using.isEmpty()) {
            throw wrong(
                    path,
                    name + " does not have " + AddressLiteral.of(address) + ", nor may it learn it",
                    "name one of its addresses: "
                            + String.join(
                                    ", ",
                                    End.of(vnics).stream()
                                            .map(end -> AddressLiteral.of(end.address())
                                                    .toString())
                                            .toList()));
        }
        return using.stream().map(vnic -> new End(vnic, address)).toList();
    }

    private static InetAddress address(String text, String path) {
        try {
            return ModelReader.address(text);
        } catch (IllegalArgumentException none) {
            throw wrong(path, String.valueOf(none.getMessage()), null);
        }
    }

    private static RefusedException wrong(String path, String message, @Nullable String hint) {
        return RefusedException.invalid(List.of(new FieldProblem(path, message, hint)));
    }
}
