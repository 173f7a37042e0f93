package io.portcullis.replay;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.MacAddress;
import io.portcullis.ports.pcap.PcapWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as its user sees it. */
class MainTest {
    private static final MacAddress ONE_MAC = MacAddress.parse("02:00:00:00:00:01");
    private static final MacAddress TWO_MAC = MacAddress.parse("02:00:00:00:00:02");
    private static final InetAddress ONE = InetAddress.ofLiteral("10.0.0.1");
    private static final InetAddress TWO = InetAddress.ofLiteral("192.0.2.7");
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    }

    private String capture(long secondsApart, byte[]... frames) throws IOException {
        Path file = folder.resolve("capture.pcap");
        try (PcapWriter writer = PcapWriter.create(file)) {
            for (int i = 0; i < frames.length; i++) {
                writer.write(i * secondsApart * SECOND, frames[i], frames[i].length);
            }
        }
        return file.toString();
    }

    private static byte[] syn() {
        return FrameBuilder.frame(ONE_MAC, TWO_MAC)
                .ip(ONE, TWO)
                .tcp(40_000, 443)
                .flags(PacketView.TCP_SYN)
                .sequence(1)
                .build();
    }

    private static byte[] synAck() {
        return FrameBuilder.frame(TWO_MAC, ONE_MAC)
                .ip(TWO, ONE)
                .tcp(443, 40_000)
                .flags(PacketView.TCP_SYN | PacketView.TCP_ACK)
                .sequence(9)
                .acknowledgement(2)
                .build();
    }

    private static byte[] ack() {
        return FrameBuilder.frame(ONE_MAC, TWO_MAC)
                .ip(ONE, TWO)
                .tcp(40_000, 443)
                .flags(PacketView.TCP_ACK)
                .sequence(2)
                .acknowledgement(10)
                .build();
    }

    private static byte[] arp() {
        return FrameBuilder.arpRequest(ONE_MAC, ONE, TWO).build();
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }

    @Test
    void shouldPrintOneJsonObjectAPacket() throws IOException {
        assertThat(run("--pcap", capture(0, arp(), syn(), synAck(), ack()), "--json"))
                .isZero();
        assertThat(lines())
                .containsExactly(
                        "{\"packet\":1,\"verdict\":\"ALLOW\",\"state\":\"NONE\",\"direction\":\"ORIGINAL\",\"rule\":null,\"reason\":\"arp\"}",
                        "{\"packet\":2,\"verdict\":\"ALLOW\",\"state\":\"NEW\",\"direction\":\"ORIGINAL\",\"rule\":null,\"reason\":\"new\"}",
                        "{\"packet\":3,\"verdict\":\"ALLOW\",\"state\":\"ESTABLISHED\",\"direction\":\"REPLY\",\"rule\":null,\"reason\":\"established\"}",
                        "{\"packet\":4,\"verdict\":\"ALLOW\",\"state\":\"ESTABLISHED\",\"direction\":\"ORIGINAL\",\"rule\":null,\"reason\":\"established\"}");
    }

    @Test
    void shouldPrintATableWithSumsForPeople() throws IOException {
        assertThat(run("--pcap", capture(0, syn(), synAck()))).isZero();
        assertThat(lines().getFirst()).startsWith("PACKET").endsWith("FLOW");
        assertThat(lines().get(1)).contains("NEW", "tcp 10.0.0.1:40000 → 192.0.2.7:443");
        assertThat(lines().getLast()).isEqualTo("2 packets; allow 2; new 1 established 1");
    }

    @Test
    void shouldPickUpAConnectionInItsMiddleOnlyWhenLoose() throws IOException {
        String capture = capture(0, ack());
        run("--pcap", capture, "--json");
        run("--pcap", capture, "--json", "--tracking", "loose");
        assertThat(lines().get(0)).contains("INVALID", "invalid-no-connection");
        assertThat(lines().get(1)).contains("NEW");
    }

    @Test
    void shouldLetCaptureTimesDriveTimeOutsUnlessToldNotTo() throws IOException {
        String capture = capture(200, syn(), synAck());
        run("--pcap", capture, "--json");
        run("--pcap", capture, "--json", "--ignore-time");
        assertThat(lines().get(1)).as("after 200 s a SYN is forgotten").contains("INVALID");
        assertThat(lines().get(3)).contains("ESTABLISHED", "REPLY");
    }

    @Test
    void shouldTakeTheTimeOutsThatAreAskedFor() throws IOException {
        String capture = capture(24 * 3_600, syn(), synAck(), ack(), ack());
        run("--pcap", capture, "--json", "--timeouts", "nsx", "--tracking", "loose");
        assertThat(lines().get(3)).as("idle for a day").contains("NEW");
        assertThat(run("--pcap", capture, "--timeouts", "cisco")).isEqualTo(2);
        String halfOpen = capture(45, syn(), synAck(), ack());
        run("--pcap", halfOpen, "--json");
        assertThat(lines().get(6)).as("45 s after SYN-ACK").contains("ESTABLISHED");
        run("--pcap", halfOpen, "--json", "--timeouts", "nsx");
        assertThat(lines().get(9)).contains("INVALID");
    }

    @Test
    void shouldJudgeChecksumsUnlessToldNotTo() throws IOException {
        byte[] offloaded = syn();
        offloaded[14 + 20 + 16] ^= 1;
        String capture = capture(0, offloaded);
        run("--pcap", capture, "--json");
        run("--pcap", capture, "--json", "--ignore-checksums");
        assertThat(lines().get(0)).contains("INVALID", "\"checksum\"");
        assertThat(lines().get(1)).contains("NEW");
    }

    private static final String POLICY = """
        kind: Policy
        metadata: {name: edge}
        spec:
          category: APPLICATION
          rules:
            - {name: web, destinations: [192.0.2.0/24], services: [https], direction: OUT, action: ALLOW}
            - {name: ssh, services: [ssh], action: REJECT}
        """;

    @Test
    void shouldDecideByAPolicyWhoseDirectionsAreThoseOfTheInside() throws IOException {
        String policy = Files.writeString(folder.resolve("policy.yaml"), POLICY).toString();
        String capture = capture(0, syn(), synAck(), ack());
        assertThat(run("--pcap", capture, "--json", "--policy", policy, "--inside", "10.0.0.0/8"))
                .as("%s", err)
                .isZero();
        assertThat(lines().get(0)).contains("ALLOW", "NEW", "\"rule\":\"edge/web\"");
        assertThat(lines().get(2)).contains("ALLOW", "ESTABLISHED", "\"rule\":\"edge/web\"");
        run("--pcap", capture, "--json", "--policy", policy, "--inside", "192.0.2.0/24");
        assertThat(lines().get(3)).contains("DROP", "NEW", "\"rule\":\"default\"", "\"policy\"");
        assertThat(lines().get(4)).contains("DROP", "INVALID");
        run("--pcap", capture, "--json", "--policy", policy, "--default", "reject");
        assertThat(lines().get(6)).contains("REJECT", "NEW", "\"reject\"");
    }

    @Test
    void shouldSayWhatIsWrongWithAPolicy() throws IOException {
        String capture = capture(0, syn());
        Path policy = folder.resolve("policy.yaml");
        Files.writeString(policy, POLICY.replace("services: [ssh]", "services: [shh]"));
        assertThat(run("--pcap", capture, "--policy", policy.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("policy.yaml", "line 7", "shh");
        Files.writeString(policy, POLICY.replace("action: REJECT", "acton: REJECT"));
        assertThat(run("--pcap", capture, "--policy", policy.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("acton");
        assertThat(run(
                        "--pcap",
                        capture,
                        "--policy",
                        folder.resolve("none.yaml").toString()))
                .isEqualTo(2);
        assertThat(run("--pcap", capture, "--vnic", "web-1/eth0")).isEqualTo(2);
        assertThat(lines()).isEmpty();
    }

    @Test
    void shouldRefuseWhatIsNoCaptureWithStatus2() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "these are not the packets", StandardCharsets.UTF_8);
        assertThat(run("--pcap", text.toString())).isEqualTo(2);
        assertThat(run("--pcap", folder.resolve("missing.pcap").toString())).isEqualTo(2);
        assertThat(run("--pcap", folder.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("neither a pcap nor a pcapng file", "there is no file");
        assertThat(run()).as("no file named").isEqualTo(2);
        assertThat(run("--pcap", capture(0, syn()), "--inside", "10.0.0.0/99")).isEqualTo(2);
    }

    @Test
    void shouldSayWhatItHadReadBeforeTheFileBroke() throws IOException {
        Path whole = Path.of(capture(0, syn(), synAck()));
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = Files.write(folder.resolve("cut.pcap"), Arrays.copyOf(bytes, bytes.length - 5));
        assertThat(run("--pcap", cut.toString(), "--json")).isEqualTo(2);
        assertThat(lines()).hasSize(1);
        assertThat(err.toString()).contains("in the middle of a record");
    }

    @Test
    void shouldPrintWhatComesBeforeTheDamage() throws IOException {
        Path file = Path.of(capture(0, syn(), synAck(), ack()));
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 1));
        assertThat(run("--pcap", file.toString(), "--json")).isEqualTo(2);
        assertThat(lines()).hasSize(2);
        assertThat(err.toString()).contains("capture.pcap is damaged behind its packet 2");
    }

    @Test
    void shouldSayThatALinkTypeIsNotUnderstood() throws IOException {
        Path file = Path.of(capture(0, syn(), synAck()));
        byte[] wifi = Files.readAllBytes(file);
        wifi[20] = 105;
        Files.write(file, wifi);
        assertThat(run("--pcap", file.toString(), "--json")).isZero();
        assertThat(lines()).hasSize(2).allMatch(line -> line.contains("\"state\":\"NONE\""));
        assertThat(err.toString()).contains("2 packets have link type 105");
    }

    @Test
    void shouldTakeTheLargestDatagram() throws IOException {
        byte[] frame = FrameBuilder.frame(ONE_MAC, TWO_MAC)
                .ip(ONE, TWO)
                .protocol(103)
                .payload(new byte[65_535 - 20])
                .build();
        assertThat(run("--pcap", capture(0, frame), "--json")).isZero();
        assertThat(lines().getFirst()).contains("NEW");
    }
}
