package io.portcullis.cluster;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Answers questions for A records of {@value #NAME}, over UDP on loopback (RFC 1035); nothing else has records. A thread of its own. */
final class DnsServer implements AutoCloseable {
    static final String NAME = "portcullis.test";

    private static final int HEADER_BYTES = 12;
    private static final int MAX_BYTES = 1_500;
    private static final short AUTHORITATIVE_ANSWER = (short) 0x8580;
    private static final short A = 1;
    private static final short INTERNET = 1;
    /** A pointer to the name in the question. */
    private static final short SAME_NAME = (short) (0xc000 | HEADER_BYTES);

    private static final int KEEP_SECONDS = 1;

    private final DatagramSocket socket = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0));
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final List<String> addresses;

    /** @param addresses that the name has, IPv4 */
    DnsServer(List<String> addresses) throws IOException {
        this.addresses = List.copyOf(addresses);
        Thread.ofPlatform().daemon().name("dns").start(this::serve);
    }

    /** Address and port, as Pekko's resolver takes them. */
    String address() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    /** Names that somebody asked for. */
    Set<String> asked() {
        return Set.copyOf(asked);
    }

    private void serve() {
        DatagramPacket packet = new DatagramPacket(new byte[MAX_BYTES], MAX_BYTES);
        while (!socket.isClosed()) {
            try {
                packet.setLength(MAX_BYTES);
                socket.receive(packet);
                byte[] answer = answer(ByteBuffer.wrap(packet.getData(), 0, packet.getLength()));
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException closed) {
                // Then the loop ends; whoever asked asks again.
            }
        }
    }

    private byte[] answer(ByteBuffer query) throws IOException {
        query.position(HEADER_BYTES);
        String name = readName(query);
        asked.add(name);
        boolean has = query.getShort() == A && name.equals(NAME);
        int questionEnd = query.position() + Short.BYTES;
        ByteBuffer answer = ByteBuffer.allocate(MAX_BYTES);
        answer.put(query.slice(0, questionEnd)).putShort(2, AUTHORITATIVE_ANSWER);
        answer.putShort(6, (short) (has ? addresses.size() : 0)).putInt(8, 0);
        for (String address : has ? addresses : List.<String>of()) {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            answer.putShort(SAME_NAME).putShort(A).putShort(INTERNET).putInt(KEEP_SECONDS);
            answer.putShort((short) bytes.length).put(bytes);
        }
        byte[] bytes = new byte[answer.position()];
        answer.get(0, bytes);
        return bytes;
    }

    private static String readName(ByteBuffer query) {
        List<String> labels = new ArrayList<>();
        for (int length = query.get(); length != 0; length = query.get()) {
            byte[] label = new byte[length];
            query.get(label);
            labels.add(new String(label, StandardCharsets.US_ASCII));
        }
        return String.join(".", labels);
    }

    @Override
    public void close() {
        socket.close();
    }
}
