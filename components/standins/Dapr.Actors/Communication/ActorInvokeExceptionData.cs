using System.Runtime.Serialization;
using System.Xml;

namespace Dapr.Actors;

/// <summary>The body of a remoting error: .NET binary XML, whichever form ordinary bodies have.</summary>
[DataContract(Name = "ActorInvokeExceptionData", Namespace = Communication.Wire.Namespace)]
internal sealed class ActorInvokeExceptionData
{
    private static readonly DataContractSerializer Contract = new(typeof(ActorInvokeExceptionData));

    [DataMember]
    internal string Type { get; init; } = string.Empty;

    [DataMember]
    internal string Message { get; init; } = string.Empty;

    internal static byte[] Serialize(Exception failure)
    {
        using var stream = new MemoryStream();
        using (var writer = XmlDictionaryWriter.CreateBinaryWriter(stream))
        {
            Contract.WriteObject(writer, new ActorInvokeExceptionData { Type = failure.GetType().FullName ?? string.Empty, Message = failure.Message });
        }
        return stream.ToArray();
    }

    internal static ActorInvokeException Parse(byte[] body)
    {
        using var reader = XmlDictionaryReader.CreateBinaryReader(body, XmlDictionaryReaderQuotas.Max);
        var data = (ActorInvokeExceptionData)Contract.ReadObject(reader)!;
        return new ActorInvokeException(data.Type, data.Message);
    }
}
