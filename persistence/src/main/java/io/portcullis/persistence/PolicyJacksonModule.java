package io.portcullis.persistence;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.portcullis.policy.HostId;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.TenantId;
import io.portcullis.policy.VmId;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.model.AddressLiteral;
import io.portcullis.policy.model.Expression;
import io.portcullis.policy.model.ModelEdit;
import io.portcullis.policy.model.Tag;
import io.portcullis.policy.model.TimeWindow;
import io.portcullis.policy.table.RuleTable;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * How the types of the policy model, which know no framework, look in messages and in the journal: ids and addresses as text, rule
 * tables as the bytes of their codec, sealed interfaces with a {@code type}. The names of types here are a stored format: they
 * must never change.
 */
public final class PolicyJacksonModule extends SimpleModule {
    private static final long serialVersionUID = 1L;

    public PolicyJacksonModule() {
        super("portcullis-policy");
        addText(TenantId.class, TenantId::toString, TenantId::new);
        addText(HostId.class, HostId::toString, HostId::new);
        addText(VmId.class, VmId::toString, VmId::parse);
        addText(VnicId.class, VnicId::toString, VnicId::parse);
        addText(MacAddress.class, MacAddress::toString, MacAddress::parse);
        addText(AddressLiteral.class, AddressLiteral::toString, AddressLiteral::parse);
        addText(Tag.class, Tag::toString, Tag::parse);
        addText(TimeWindow.class, TimeWindow::toString, TimeWindow::parse);
        addText(InetAddress.class, InetAddress::getHostAddress, InetAddress::ofLiteral);
        addText(InetSocketAddress.class, SocketAddressText::write, SocketAddressText::read);
        addSerializer(RuleTable.class, new RuleTableJson.Writer());
        addDeserializer(RuleTable.class, new RuleTableJson.Reader());
        setMixInAnnotation(Expression.class, ExpressionTypes.class);
        setMixInAnnotation(ModelEdit.class, ModelEditTypes.class);
    }

    private <T> void addText(Class<T> type, TextJson.Format<T> format, TextJson.Parser<T> parser) {
        addSerializer(type, TextJson.writer(type, format));
        addDeserializer(type, new TextJson.Reader<>(type, parser));
        addKeySerializer(type, TextJson.keyWriter(type, format));
        addKeyDeserializer(type, new TextJson.KeyReader<>(parser));
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Expression.HasTag.class, name = "tag"),
        @JsonSubTypes.Type(value = Expression.NameMatches.class, name = "name"),
        @JsonSubTypes.Type(value = Expression.OsMatches.class, name = "os"),
        @JsonSubTypes.Type(value = Expression.InSegment.class, name = "segment"),
        @JsonSubTypes.Type(value = Expression.HasFinding.class, name = "finding"),
        @JsonSubTypes.Type(value = Expression.Addresses.class, name = "addresses"),
        @JsonSubTypes.Type(value = Expression.Members.class, name = "members"),
        @JsonSubTypes.Type(value = Expression.InGroup.class, name = "group"),
        @JsonSubTypes.Type(value = Expression.And.class, name = "and"),
        @JsonSubTypes.Type(value = Expression.Or.class, name = "or"),
        @JsonSubTypes.Type(value = Expression.Not.class, name = "not")
    })
    private interface ExpressionTypes {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = ModelEdit.PutSegment.class, name = "put-segment"),
        @JsonSubTypes.Type(value = ModelEdit.RemoveSegment.class, name = "remove-segment"),
        @JsonSubTypes.Type(value = ModelEdit.PutVm.class, name = "put-vm"),
        @JsonSubTypes.Type(value = ModelEdit.RemoveVm.class, name = "remove-vm"),
        @JsonSubTypes.Type(value = ModelEdit.PutGroup.class, name = "put-group"),
        @JsonSubTypes.Type(value = ModelEdit.RemoveGroup.class, name = "remove-group"),
        @JsonSubTypes.Type(value = ModelEdit.PutService.class, name = "put-service"),
        @JsonSubTypes.Type(value = ModelEdit.RemoveService.class, name = "remove-service"),
        @JsonSubTypes.Type(value = ModelEdit.PutPolicy.class, name = "put-policy"),
        @JsonSubTypes.Type(value = ModelEdit.RemovePolicy.class, name = "remove-policy"),
        @JsonSubTypes.Type(value = ModelEdit.PutStagedPolicy.class, name = "put-staged-policy"),
        @JsonSubTypes.Type(value = ModelEdit.RemoveStagedPolicy.class, name = "remove-staged-policy"),
        @JsonSubTypes.Type(value = ModelEdit.PutExclusion.class, name = "put-exclusion"),
        @JsonSubTypes.Type(value = ModelEdit.RemoveExclusion.class, name = "remove-exclusion"),
        @JsonSubTypes.Type(value = ModelEdit.SetTags.class, name = "set-tags"),
        @JsonSubTypes.Type(value = ModelEdit.SetFinding.class, name = "set-finding"),
        @JsonSubTypes.Type(value = ModelEdit.ClearFinding.class, name = "clear-finding"),
        @JsonSubTypes.Type(value = ModelEdit.SetDiscovered.class, name = "set-discovered"),
        @JsonSubTypes.Type(value = ModelEdit.SetDefaults.class, name = "set-defaults"),
        @JsonSubTypes.Type(value = ModelEdit.SetClock.class, name = "set-clock"),
        @JsonSubTypes.Type(value = ModelEdit.SetQuota.class, name = "set-quota"),
        @JsonSubTypes.Type(value = ModelEdit.AdoptProvider.class, name = "adopt-provider")
    })
    private interface ModelEditTypes {}
}
