package io.portcullis.datapath.runtime;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * Puts encryption around the connections of tunnels. The data path knows nothing of certificates; who starts it brings this. A handshake
 * comes with the first byte, within the socket's time-out. Any thread.
 */
public interface TunnelSecurity {
    /** Bytes as they are: for loopback. */
    TunnelSecurity NONE = new TunnelSecurity() {
        @Override
        public Socket overConnected(Socket socket, InetSocketAddress peer) {
            return socket;
        }

        @Override
        public Socket overAccepted(Socket socket) {
            return socket;
        }
    };

    /**
     * Around a connection that this host opened.
     *
     * @param peer the address that was called, which the other side must prove to have
     */
    Socket overConnected(Socket socket, InetSocketAddress peer) throws IOException;

    /** Around a connection that this host accepted. */
    Socket overAccepted(Socket socket) throws IOException;
}
