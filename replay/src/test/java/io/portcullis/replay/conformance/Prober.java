package io.portcullis.replay.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.engine.Verdict;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.evaluate.Decision;
import io.portcullis.policy.evaluate.End;
import io.portcullis.policy.evaluate.Evaluation;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.FirstPacket.Datagram;
import io.portcullis.policy.evaluate.Path;
import io.portcullis.policy.evaluate.PathEvaluation;
import io.portcullis.policy.evaluate.PolicyEvaluator;
import io.portcullis.policy.model.ServiceLibrary;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends a connection's first packet through both firewalls on its way, and back what is answered. Each probe has ports of its own. One thread.
 */
final class Prober {
    private static final MacAddress ROUTER = MacAddress.parse("02:00:00:ff:ff:fe");
    private static final String OUTSIDE = "outside";
    private static final int FIRST_PORT = 20_000;
    private static final int PORTS = 40_000;
    private static final String ACK = "-ack";
    private static final int TCP_ACK = 0x10;
    private static final Map<String, Integer> PROTOCOLS =
            Map.of("tcp", ServiceLibrary.TCP, "udp", ServiceLibrary.UDP, "sctp", ServiceLibrary.SCTP);

    private final EngineLab lab;
    private int number;

    Prober(EngineLab lab) {
        this.lab = lab;
    }

    /** What becomes of it; {@link PolicyEvaluator} must say the same. */
    Cell probe(TenantModel model, String probe, String from, String to) {
        number++;
        String word = probe.split("/")[0].replace(ACK, "");
        boolean isIpv6 = word.endsWith("6");
        IpFamily family = isIpv6 ? IpFamily.IPV6 : IpFamily.IPV4;
        Path path = new Path(end(model, from, family), end(model, to, family));
        Datagram datagram = datagram(
                isIpv6 ? word.substring(0, word.length() - 1) : word,
                probe,
                path.from().address(),
                path.to().address());

        Verdict out = Verdict.ALLOW;
        Vnic sender = path.from().vnic();
        Vnic receiver = path.to().vnic();
        FirstPacket sent = packet(path, datagram, sender == null ? ROUTER : sender.mac(), ROUTER);
        if (sender != null) {
            out = lab.out(sender.id(), ProbeFrames.first(sent, number));
        }
        Verdict in = Verdict.ALLOW;
        FirstPacket received = packet(path, datagram, ROUTER, receiver == null ? ROUTER : receiver.mac());
        if (receiver != null) {
            in = lab.in(receiver.id(), ProbeFrames.first(received, number));
        }
        PathEvaluation said = PolicyEvaluator.of(model).evaluate(path, datagram, ROUTER);
        if (out.passes() && in.passes()) {
            String what = probe + " from " + from + " to " + to;
            if (receiver != null) {
                assertThat(lab.out(receiver.id(), ProbeFrames.reply(received, number)))
                        .as("the reply leaves, %s", what)
                        .isEqualTo(ofReply(said.destination()));
            }
            if (sender != null) {
                assertThat(lab.in(sender.id(), ProbeFrames.reply(sent, number)))
                        .as("the reply arrives, %s", what)
                        .isEqualTo(ofReply(said.source()));
            }
        }
        Cell found = Cell.of(out, in);
        assertThat(evaluated(said))
                .as("evaluated without a compiler: %s from %s to %s", probe, from, to)
                .isEqualTo(found);
        return found;
    }

    /** A connection's reply passes; where none was opened, it is one more packet. */
    private static Verdict ofReply(@Nullable Evaluation said) {
        Decision answer = said == null ? null : said.answer();
        return answer == null ? Verdict.ALLOW : Verdict.valueOf(answer.verdict().name());
    }

    private static Cell evaluated(PathEvaluation said) {
        return Cell.of(
                said.source() == null
                        ? Verdict.ALLOW
                        : Verdict.valueOf(said.source().decision().verdict().name()),
                said.destination() == null
                        ? Verdict.ALLOW
                        : Verdict.valueOf(
                                said.destination().decision().verdict().name()));
    }

    /** @param source and {@code destination} where the ends do not see each other */
    private static FirstPacket packet(Path path, Datagram datagram, MacAddress source, MacAddress destination) {
        Vnic sender = path.from().vnic();
        Vnic receiver = path.to().vnic();
        return sender != null && receiver != null && path.isWithinSegment()
                ? FirstPacket.of(datagram).withMacs(sender.mac(), receiver.mac())
                : FirstPacket.of(datagram).withMacs(source, destination);
    }

    private Datagram datagram(String protocol, String probe, InetAddress from, InetAddress to) {
        int slash = probe.indexOf('/');
        int wanted = slash < 0 ? 0 : Integer.parseInt(probe.substring(slash + 1));
        int sourcePort = FIRST_PORT + number % PORTS;
        return switch (protocol) {
            case "icmp" -> Datagram.icmp(from, to, from.getAddress().length == 4 ? 8 : 128, 0);
            case "proto" -> Datagram.protocol(from, to, wanted);
            case "tcp" ->
                new Datagram(
                        from,
                        to,
                        ServiceLibrary.TCP,
                        sourcePort,
                        wanted,
                        -1,
                        -1,
                        probe.contains(ACK) ? TCP_ACK : FirstPacket.TCP_SYN);
            default -> Datagram.ports(from, to, PROTOCOLS.get(protocol), sourcePort, wanted);
        };
    }

    /** A VM's eth0, VM/NIC, an address that is nobody's, or such a one of the wanted version. */
    private static End end(TenantModel model, String name, IpFamily family) {
        if (name.equals(OUTSIDE)) {
            return new End(null, InetAddress.ofLiteral(family == IpFamily.IPV4 ? "198.51.100.9" : "2001:db8:ffff::9"));
        }
        if (name.indexOf('.') >= 0 || name.indexOf(':') >= 0) {
            return new End(null, InetAddress.ofLiteral(name));
        }
        int slash = name.indexOf('/');
        VmId vm = new VmId(model.tenant(), slash < 0 ? name : name.substring(0, slash));
        Vnic vnic = model.vnic(new VnicId(vm, slash < 0 ? "eth0" : name.substring(slash + 1)))
                .orElseThrow(() -> new AssertionError("there is no " + name));
        return End.of(List.of(vnic)).stream()
                .filter(end -> end.family() == family)
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " has no address of " + family));
    }
}
