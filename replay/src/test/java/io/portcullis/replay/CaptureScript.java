package io.portcullis.replay;

import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.policy.MacAddress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A capture written by hand: a packet a line, with the state that it must get.
 *
 * <pre>
 * tracking loose                       before the packets: how the replay is run (also: ipv6, alg ftp, time)
 * &gt; tcp SA seq=1 ack=2 win=100 len=10 =&gt; NEW
 * </pre>
 *
 * {@code >} is from the client 10.0.0.1 (fd00::1) to the server 10.0.0.2 (fd00::2), {@code <} back. Flags are letters of FSRPAU. Fields: seq,
 * ack, win, len, c and s (ports), opts (of mss, ws and digits, sackok, sack:LEFT-RIGHT, divided by /), text (payload up to the line's
 * arrow, \n for CRLF), hex (payload), at (seconds), id (ICMP), part (FROM-TO of the datagram's payload, as a fragment), of (number of the packet that an ICMP
 * error quotes), change (seq that the quote has instead), damaged (checksum). States: NEW, EST, REL, INV, NONE; a {@code <} behind
 * one: reply direction; {@code *}: any.
 */
final class CaptureScript {
    /** A packet and what is expected of it, {@code *} for anything. */
    record Step(byte[] frame, long nanos, String expected, String line) {}

    private static final MacAddress CLIENT_MAC = MacAddress.parse("02:00:00:00:00:01");
    private static final MacAddress SERVER_MAC = MacAddress.parse("02:00:00:00:00:02");
    private static final int ETHERNET_BYTES = 14;

    final List<Step> steps = new ArrayList<>();
    boolean isLoose;
    boolean isIpv6;
    boolean hasFtp;
    boolean hasTime;

    private Map<String, String> fields = new HashMap<>();

    static CaptureScript read(Path file) throws IOException {
        CaptureScript script = new CaptureScript();
        for (String line : Files.readAllLines(file)) {
            String text = line.strip();
            if (text.startsWith(">") || text.startsWith("<")) {
                script.packet(text);
            } else if (!text.isEmpty() && !text.startsWith("#")) {
                script.directive(text);
            }
        }
        return script;
    }

    private void directive(String text) {
        switch (text) {
            case "tracking loose" -> isLoose = true;
            case "ipv6" -> isIpv6 = true;
            case "alg ftp" -> hasFtp = true;
            case "time" -> hasTime = true;
            default -> throw new IllegalArgumentException("no directive: " + text);
        }
    }

    private void packet(String line) {
        int arrow = line.lastIndexOf("=>");
        String expected = line.substring(arrow + 2).strip();
        String body = line.substring(1, arrow).strip();
        fields = new HashMap<>();
        int text = body.indexOf("text=");
        if (text >= 0) {
            fields.put("text", body.substring(text + 5).replace("\\n", "\r\n"));
            body = body.substring(0, text).strip();
        }
        String[] words = body.split("\\s+");
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                fields.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        boolean isFromClient = line.startsWith(">");
        byte[] frame = build(words[0], words.length > 1 ? words[1] : "", isFromClient);
        if (fields.containsKey("damaged")) {
            frame[frame.length - 1] ^= 1;
        }
        long nanos = (long) (Double.parseDouble(fields.getOrDefault("at", "0")) * 1e9);
        steps.add(new Step(frame, nanos, expected, line));
    }

    private byte[] build(String protocol, String flags, boolean isFromClient) {
        FrameBuilder frame = FrameBuilder.frame(
                        isFromClient ? CLIENT_MAC : SERVER_MAC, isFromClient ? SERVER_MAC : CLIENT_MAC)
                .ip(address(isFromClient), address(!isFromClient));
        int client = number("c", 40_000);
        int server = number("s", 80);
        int from = isFromClient ? client : server;
        int to = isFromClient ? server : client;
        byte[] payload = payload();
        switch (protocol) {
            case "tcp" ->
                frame.tcp(from, to)
                        .flags(flags(flags))
                        .sequence((int) longNumber("seq", 0))
                        .acknowledgement((int) longNumber("ack", 0))
                        .window(number("win", 64_240))
                        .tcpOptions(options());
            case "udp" -> frame.udp(from, to);
            case "echo" -> frame.echoRequest(number("id", 1), 1);
            case "answer" -> frame.echoReply(number("id", 1), 1);
            case "error" -> {
                frame.icmp(isIpv6 ? 1 : 3, isIpv6 ? 4 : 3, 0);
                payload = quote(number("of", 1));
            }
            case "protocol" -> frame.protocol(Integer.parseInt(flags));
            default -> throw new IllegalArgumentException("no protocol: " + protocol);
        }
        byte[] whole = frame.payload(payload).build();
        return fields.containsKey("part") ? part(whole) : whole;
    }

    private byte[] payload() {
        if (fields.containsKey("text")) {
            return fields.get("text").getBytes(StandardCharsets.US_ASCII);
        }
        return fields.containsKey("hex") ? HexFormat.of().parseHex(fields.get("hex")) : new byte[number("len", 0)];
    }

    private InetAddress address(boolean isClient) {
        String four = isClient ? "10.0.0.1" : "10.0.0.2";
        return InetAddress.ofLiteral(isIpv6 ? (isClient ? "fd00::1" : "fd00::2") : four);
    }

    private int number(String name, int otherwise) {
        return Integer.parseInt(fields.getOrDefault(name, String.valueOf(otherwise)));
    }

    private long longNumber(String name, long otherwise) {
        return Long.parseLong(fields.getOrDefault(name, String.valueOf(otherwise)));
    }

    private static int flags(String letters) {
        int flags = 0;
        for (char letter : letters.toCharArray()) {
            flags |= 1 << "FSRPAU".indexOf(letter);
        }
        return flags;
    }

    private byte[] options() {
        ByteBuffer bytes = ByteBuffer.allocate(40);
        for (String option : fields.getOrDefault("opts", "").split("/")) {
            if (option.equals("mss")) {
                bytes.put(new byte[] {2, 4, 5, (byte) 0xb4});
            } else if (option.equals("sackok")) {
                bytes.put(new byte[] {4, 2, 1, 1});
            } else if (option.startsWith("ws")) {
                bytes.put(new byte[] {3, 3, Byte.parseByte(option.substring(2)), 1});
            } else if (option.startsWith("sack:")) {
                String[] edges = option.substring(5).split("-");
                bytes.put(new byte[] {1, 1, 5, 10})
                        .putInt((int) Long.parseLong(edges[0]))
                        .putInt((int) Long.parseLong(edges[1]));
            } else if (option.equals("tfo")) {
                bytes.put(new byte[] {34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1});
            }
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    /** The IP header and eight bytes of packet {@code number}, as RFC 792 wants. */
    private byte[] quote(int number) {
        byte[] frame = steps.get(number - 1).frame();
        byte[] quoted = Arrays.copyOfRange(frame, ETHERNET_BYTES, ETHERNET_BYTES + (isIpv6 ? 48 : 28));
        if (fields.containsKey("change")) {
            ByteBuffer.wrap(quoted).putInt(quoted.length - 4, (int) longNumber("change", 0));
        }
        return quoted;
    }

    private byte[] part(byte[] whole) {
        String[] bounds = fields.get("part").split("-");
        int header = ETHERNET_BYTES + (isIpv6 ? 40 : 20);
        int from = Integer.parseInt(bounds[0]);
        int to = Math.min(Integer.parseInt(bounds[1]), whole.length - header);
        boolean hasMore = to < whole.length - header;
        int id = number("id", 1);
        int headers = isIpv6 ? header + 8 : header;
        ByteBuffer bytes = ByteBuffer.allocate(headers + to - from);
        bytes.put(whole, 0, header);
        if (isIpv6) {
            bytes.putShort(ETHERNET_BYTES + 4, (short) (8 + to - from)).put(ETHERNET_BYTES + 6, (byte) 44);
            bytes.put(whole[ETHERNET_BYTES + 6]).put((byte) 0);
            bytes.putShort((short) (from | (hasMore ? 1 : 0))).putInt(id);
        } else {
            bytes.putShort(ETHERNET_BYTES + 2, (short) (20 + to - from)).putShort(ETHERNET_BYTES + 4, (short) id);
            bytes.putShort(ETHERNET_BYTES + 6, (short) (from >> 3 | (hasMore ? 0x2000 : 0)));
            bytes.putShort(ETHERNET_BYTES + 10, (short) 0);
            long sum = Checksums.sum(MemorySegment.ofArray(bytes.array()), ETHERNET_BYTES, 20);
            bytes.putShort(ETHERNET_BYTES + 10, (short) Checksums.finish(sum));
        }
        bytes.put(whole, header + from, to - from);
        return bytes.array();
    }

    /** The expectation's word for an outcome. */
    static String word(PacketOutcome outcome) {
        String direction = outcome.isReply() ? "<" : "";
        return switch (outcome.state()) {
            case NEW -> "NEW";
            case ESTABLISHED -> "EST" + direction;
            case RELATED -> "REL" + direction;
            case INVALID -> "INV";
            case NONE -> "NONE";
        };
    }
}
