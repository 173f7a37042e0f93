package io.portcullis.vnic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.portcullis.persistence.PolicyJacksonModule;

/** {@link VmSpec} as the JSON that the directory keeps. Stored: version 1 is this form; another one would name its version. */
public final class VmSpecJson {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().addModule(new PolicyJacksonModule()).build();

    private VmSpecJson() {}

    public static String write(VmSpec spec) {
        try {
            return MAPPER.writeValueAsString(spec);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot write " + spec, e);
        }
    }

    /** Whether the VM is to have a replica; of many, most of which are not to, quicker than reading them. */
    public static boolean wantsReplica(String json) {
        return json.contains("\"replica\"") && read(json).replica();
    }

    /** Throws {@link IllegalArgumentException} for anything that is no VM. */
    public static VmSpec read(String json) {
        try {
            return MAPPER.readValue(json, VmSpec.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no VM: " + e.getOriginalMessage(), e);
        }
    }
}
