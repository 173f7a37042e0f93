package io.portcullis.policy;

/** Name of a host: the hypervisor on which one cluster node with the role {@code host} runs. */
public record HostId(String value) {
    public HostId {
        Names.check("host", value);
    }

    @Override
    public String toString() {
        return value;
    }
}
