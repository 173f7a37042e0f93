package io.portcullis.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FtpParserTest {
    private final FtpParser parser = new FtpParser();

    private boolean command(String line) {
        MemorySegment bytes = bytes(line.getBytes(StandardCharsets.ISO_8859_1));
        return parser.parseCommand(bytes, 0, (int) bytes.byteSize());
    }

    private boolean reply(String line) {
        MemorySegment bytes = bytes(line.getBytes(StandardCharsets.ISO_8859_1));
        return parser.parseReply(bytes, 0, (int) bytes.byteSize());
    }

    private static MemorySegment bytes(byte[] content) {
        MemorySegment memory = Arena.ofAuto().allocate(content.length);
        MemorySegment.copy(content, 0, memory, ValueLayout.JAVA_BYTE, 0, content.length);
        return memory;
    }

    @Test
    void shouldReadAnnouncements() {
        assertThat(command("PORT 10,0,0,1,200,20\r\n")).isTrue();
        assertThat(parser.addressLow).isEqualTo(0x0a000001L);
        assertThat(parser.port).isEqualTo(200 * 256 + 20);
        assertThat(command("eprt |1|10.0.0.1|6275|\r\n")).isTrue();
        assertThat(parser.port).isEqualTo(6275);
        assertThat(command("EPRT !2!1080::8:800:200C:417A!5282!\r\n"))
                .as("RFC 2428, 2")
                .isTrue();
        assertThat(parser.isIpv6).isTrue();
        assertThat(parser.addressHigh).isEqualTo(0x1080_0000_0000_0000L);
        assertThat(parser.addressLow).isEqualTo(0x0008_0800_200c_417aL);
        assertThat(reply("227 Entering Passive Mode (10,0,0,2,4,1)\r\n")).isTrue();
        assertThat(reply("227 =10,0,0,2,4,1\r\n")).as("RFC 1123, 4.1.2.6").isTrue();
        assertThat(reply("229 Entering Extended Passive Mode (|||6446|)\r\n")).isTrue();
        assertThat(parser.hasAddress).isFalse();
        assertThat(parser.port).isEqualTo(6446);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PORT 10,0,0,1,200",
                "PORT 10,0,0,256,1,1",
                "PORT 10,0,0,1,0,0",
                "PORT ,,,,,",
                "PORT",
                "XPORT 10,0,0,1,2,3",
                "EPRT |1|10.0.0.1|65536|",
                "EPRT |1|10.0.0.1|99999999999|",
                "EPRT |1|10.0.0|80|",
                "EPRT |2|10.0.0.1|8080|",
                "EPRT |3|10.0.0.1|8080|",
                "EPRT |2|1:2:3:4:5:6:7:8:9|8080|",
                "EPRT |2|1::2::3|8080|",
                "EPRT |1|10.0.0.1|8080",
                "EPRT ",
                "EPRT |"
            })
    void shouldRefuseWhatAnnouncesNothing(String line) {
        assertThat(command(line)).isFalse();
    }

    @Test
    void shouldReadEveryIpv6TextOfAnAddress() throws java.net.UnknownHostException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 5_000; round++) {
            byte[] address = new byte[16];
            for (int group = 0; group < 8; group++) {
                if (random.nextBoolean()) {
                    address[2 * group] = (byte) random.nextInt();
                    address[2 * group + 1] = (byte) random.nextInt();
                }
            }
            // not the mapped ones, which Java writes as IPv4
            address[0] = (byte) 0xfd;
            String text = shortened(InetAddress.getByAddress(address).getHostAddress(), random);
            assertThat(command("EPRT |2|" + text + "|2000|\r\n"))
                    .as("seed %d: %s", seed, text)
                    .isTrue();
            ByteBuffer expected = ByteBuffer.wrap(address);
            assertThat(parser.addressHigh).as("seed %d: %s", seed, text).isEqualTo(expected.getLong());
            assertThat(parser.addressLow).as("seed %d: %s", seed, text).isEqualTo(expected.getLong());
        }
    }

    /** Java writes all groups; one run of zeroes may be left out (RFC 4291, 2.2). */
    private static String shortened(String text, Random random) {
        String[] groups = text.split(":");
        int from = random.nextInt(1, 8);
        int to = from;
        while (to < 8 && groups[to].equals("0")) {
            to++;
        }
        if (to == from || random.nextInt(4) == 0) {
            return text;
        }
        String front = String.join(":", java.util.Arrays.copyOfRange(groups, 0, from));
        return front + "::" + String.join(":", java.util.Arrays.copyOfRange(groups, to, 8));
    }

    /** Reads nothing outside the bytes (an access there throws), and throws for no content. */
    @Test
    void shouldReadAnyBytes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String alphabet = "PORTEPRT227229 0123456789abcdef:.,|()\r\n\u00ff";
        for (int round = 0; round < 50_000; round++) {
            StringBuilder line = new StringBuilder(
                    new String[] {"PORT ", "EPRT |", "EPRT |2|", "227 ", "229 (", ""}[random.nextInt(6)]);
            for (int length = random.nextInt(30); length > 0; length--) {
                line.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                command(line.toString());
                reply(line.toString());
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + line, e);
            }
        }
    }
}
