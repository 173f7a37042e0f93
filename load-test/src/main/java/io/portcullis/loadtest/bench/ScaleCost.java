package io.portcullis.loadtest.bench;

import java.util.Locale;

/**
 * What a {@link ScaleCluster} measured.
 *
 * @param attachSeconds until the last VM was attached
 * @param realizedSeconds until every vNIC enforced its rules, from the same beginning
 * @param restartSeconds of a host that was killed, until it had its vNICs again
 * @param heapBytes of a vNIC, in all hosts together: what the tenant's node and the API keep of it, too
 * @param nativeBytes of a vNIC beside the heap
 * @param diskBytes of a vNIC: journal, directory, checkpoints
 * @param idleCores that all hosts keep busy when nothing happens
 */
record ScaleCost(
        ScaleTenant tenant,
        double applySeconds,
        double attachSeconds,
        double realizedSeconds,
        double restartSeconds,
        double heapBytes,
        double nativeBytes,
        double diskBytes,
        double idleCores,
        int changes,
        double tagMillisP50,
        double tagMillisWorst)
        implements BenchResult {
    @Override
    public String json() {
        return String.format(
                Locale.ROOT,
                "{\"hosts\":%d,\"vms\":%d,\"vnics\":%d,\"applySeconds\":%.1f,\"attachSeconds\":%.1f,"
                        + "\"realizedSeconds\":%.1f,\"restartSeconds\":%.1f,\"heapBytesPerVnic\":%.0f,"
                        + "\"nativeBytesPerVnic\":%.0f,\"diskBytesPerVnic\":%.0f,\"idleCores\":%.3f,\"changes\":%d,"
                        + "\"tagMillisP50\":%.1f,\"tagMillisWorst\":%.1f}",
                tenant.hosts(),
                tenant.vms(),
                tenant.vnics(),
                applySeconds,
                attachSeconds,
                realizedSeconds,
                restartSeconds,
                heapBytes,
                nativeBytes,
                diskBytes,
                idleCores,
                changes,
                tagMillisP50,
                tagMillisWorst);
    }

    @Override
    public String table() {
        return String.format(
                Locale.ROOT,
                "%,d vNICs of %,d VMs on %d hosts%ninventory, policy  %8.1f s%nall attached       %8.1f s, all"
                    + " enforcing after %.1f s%nhost back          %8.1f s after it was killed%na vNIC            "
                    + " %,8.0f bytes of heap, %,.0f beside it, %,.0f on disk%nidle               %8.3f cores%none tag "
                    + "           %8.1f ms, worst %.1f (%d changes)",
                tenant.vnics(),
                tenant.vms(),
                tenant.hosts(),
                applySeconds,
                attachSeconds,
                realizedSeconds,
                restartSeconds,
                heapBytes,
                nativeBytes,
                diskBytes,
                idleCores,
                tagMillisP50,
                tagMillisWorst,
                changes);
    }
}
