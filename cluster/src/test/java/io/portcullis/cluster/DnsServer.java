package io.portcullis.cluster;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers questions for A records of {@value #NAME} and for SRV records of {@value #SERVICE}, over UDP on loopback (RFC 1035, RFC 2782); nothing else has records. A thread of
 * its own.
 */
final class DnsServer implements AutoCloseable {
    static final String NAME = "portcullis.test";
    static final String PORT_NAME = "discovery";
    static final String SERVICE = "_" + PORT_NAME + "._tcp." + NAME;

    private static final int HEADER_BYTES = 12;
    private static final int MAX_BYTES = 1_500;
    private static final short AUTHORITATIVE_ANSWER = (short) 0x8580;
    private static final short A = 1;
    private static final short SRV = 33;
    private static final short INTERNET = 1;
    /** A pointer to the name in the question. */
    private static final short SAME_NAME = (short) (0xc000 | HEADER_BYTES);

    private static final int KEEP_SECONDS = 1;

    private final DatagramSocket socket = new DatagramSocket(new InetSocketAddress("127.0.0.1", 0));
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final List<String> addresses;
    private final int port;

    /**
     * @param addresses that the name has, IPv4; the targets of the service are called like them, so that this machine resolves them
     * @param port of the service
     */
    DnsServer(List<String> addresses, int port) throws IOException {
        this.addresses = List.copyOf(addresses);
        this.port = port;
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
        short type = query.getShort();
        boolean has = (type == A && name.equals(NAME)) || (type == SRV && name.equals(SERVICE));
        int questionEnd = query.position() + Short.BYTES;
        ByteBuffer answer = ByteBuffer.allocate(MAX_BYTES);
        answer.put(query.slice(0, questionEnd)).putShort(2, AUTHORITATIVE_ANSWER);
        answer.putShort(6, (short) (has ? addresses.size() : 0)).putInt(8, 0);
        for (String address : has ? addresses : List.<String>of()) {
            byte[] data = type == A ? InetAddress.getByName(address).getAddress() : service(address);
            answer.putShort(SAME_NAME).putShort(type).putShort(INTERNET).putInt(KEEP_SECONDS);
            answer.putShort((short) data.length).put(data);
        }
        byte[] bytes = new byte[answer.position()];
        answer.get(0, bytes);
        return bytes;
    }

    /** Priority, weight, port and target. */
    private byte[] service(String target) {
        ByteBuffer data = ByteBuffer.allocate(MAX_BYTES);
        data.putShort((short) 0).putShort((short) 0).putShort((short) port);
        for (String label : target.split("\\.", -1)) {
            data.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
        }
        data.put((byte) 0);
        return Arrays.copyOf(data.array(), data.position());
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
