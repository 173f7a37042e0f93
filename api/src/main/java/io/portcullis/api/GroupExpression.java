package io.portcullis.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who belongs to a group; exactly one of the fields is set.
 *
 * @param tag {@code scope:value}
 * @param name of the VM
 * @param os operating system
 * @param finding {@code kind=value}, for example {@code malware=eicar}
 * @param addresses addresses, prefixes ({@code 10.0.0.0/8}) and ranges ({@code 10.0.0.1-10.0.0.9}) that need no VM
 * @param vms names of VMs
 * @param group another group
 * @param all every one of these
 * @param any at least one of these
 */
public record GroupExpression(
        @Nullable String tag,
        @Nullable TextMatch name,
        @Nullable TextMatch os,
        @Nullable String segment,
        @Nullable String finding,
        @Nullable List<String> addresses,
        @Nullable List<String> vms,
        @Nullable String group,
        @Nullable List<GroupExpression> all,
        @Nullable List<GroupExpression> any,
        @Nullable GroupExpression not) {
    /** All VMs that carry the tag. */
    public static GroupExpression tagged(String tag) {
        return new GroupExpression(tag, null, null, null, null, null, null, null, null, null, null);
    }
}
