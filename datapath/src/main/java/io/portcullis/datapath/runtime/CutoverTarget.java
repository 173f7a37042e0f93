package io.portcullis.datapath.runtime;

import java.net.InetSocketAddress;

/**
 * Where the source of a cut-over finds the destination's data path.
 *
 * @param tunnel TCP address of the destination's tunnel listener
 * @param token secret of this cut-over, made by {@link DataPath#expectCutover}; whoever opens the tunnel must show it
 * @param queueIndex index of the destination's queue of the VM port
 * @param epoch epoch of the destination
 */
public record CutoverTarget(InetSocketAddress tunnel, String token, int queueIndex, long epoch) {}
