using System.Runtime.Serialization;
using System.Text;
using System.Xml;

namespace Dapr.Actors.Communication;

// Root types of the header contracts: the wire form names an interface as the root element.
internal interface IActorRequestMessageHeader;

internal interface IActorResponseMessageHeader;

/// <summary>What a remoting call says about itself, in the header <c>X-DaprRequestHeader</c>.</summary>
[DataContract(Name = "ActorHeader", Namespace = Wire.Namespace)]
internal sealed class RequestHeader : IActorRequestMessageHeader
{
    [DataMember(Name = "MethodId", IsRequired = true, Order = 0)]
    internal int MethodId { get; init; }

    [DataMember(Name = "InterfaceId", IsRequired = true, Order = 1)]
    internal int InterfaceId { get; init; }

    [DataMember(Name = "InvocationId", IsRequired = false, Order = 2, EmitDefaultValue = false)]
    internal string? InvocationId { get; init; }

    [DataMember(Name = "ActorId", IsRequired = false, Order = 3)]
    internal ActorId? ActorId { get; init; }

    [DataMember(Name = "CallContext", IsRequired = false, Order = 4)]
    internal string? CallContext { get; init; }

    [DataMember(Name = "Headers", IsRequired = true, Order = 5)]
    internal Dictionary<string, byte[]> Headers { get; init; } = [];

    [DataMember(Name = "MethodName", IsRequired = false, Order = 6)]
    internal string? MethodName { get; init; }

    [DataMember(Name = "ActorType", IsRequired = false, Order = 7)]
    internal string? ActorType { get; init; }

    private static readonly DataContractSerializer Contract = new(typeof(IActorRequestMessageHeader), [typeof(RequestHeader)]);

    internal string ToXml() => HeaderXml.Write(Contract, this);

    internal static RequestHeader Parse(string xml) => HeaderXml.Read<RequestHeader>(Contract, xml);
}

/// <summary>Says that the answer is an exception, in the header <c>X-DaprErrorResponseHeader</c>.</summary>
[DataContract(Name = "ActorResponseMessageHeaders", Namespace = Wire.Namespace)]
internal sealed class ErrorHeader : IActorResponseMessageHeader
{
    private const string Flag = "HasRemoteException";
    private const string Detail = "RemoteMethodException";

    [DataMember(Name = "Headers", IsRequired = true, Order = 2)]
    internal Dictionary<string, byte[]> Headers { get; init; } = [];

    private static readonly DataContractSerializer Contract = new(typeof(IActorResponseMessageHeader), [typeof(ErrorHeader)]);

    internal static string ToXml(string detail) => HeaderXml.Write(Contract, new ErrorHeader
    {
        Headers = { [Flag] = [], [Detail] = Encoding.UTF8.GetBytes(detail) },
    });

    internal static string ParseDetail(string xml) =>
        HeaderXml.Read<ErrorHeader>(Contract, xml).Headers.TryGetValue(Detail, out var detail) ? Encoding.UTF8.GetString(detail) : string.Empty;
}

internal static class HeaderXml
{
    internal static string Write(DataContractSerializer contract, object header)
    {
        using var stream = new MemoryStream();
        using (var writer = XmlDictionaryWriter.CreateTextWriter(stream, Encoding.UTF8, ownsStream: false))
        {
            contract.WriteObject(writer, header);
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    internal static T Read<T>(DataContractSerializer contract, string xml)
    {
        using var reader = XmlDictionaryReader.CreateTextReader(Encoding.UTF8.GetBytes(xml), XmlDictionaryReaderQuotas.Max);
        return (T)contract.ReadObject(reader)!;
    }
}
