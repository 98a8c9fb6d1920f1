using System.Reflection;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Util;

namespace Nethereum.ABI;

/// <summary>Selectors and topics: the Keccak hash of a name with its canonical parameter types.</summary>
internal static class AbiSignature
{
    /// <summary>Four bytes, as hexadecimal digits without 0x.</summary>
    internal static string Selector(string name, Type parameters) => Hash(name, parameters)[..8];

    internal static string Topic(Type eventType) => "0x" + Hash(Required<EventAttribute>(eventType).Name, eventType);

    internal static TAttribute Required<TAttribute>(Type type)
        where TAttribute : Attribute =>
        type.GetCustomAttribute<TAttribute>(true)
        ?? throw new ArgumentException($"{type.Name} has no {typeof(TAttribute).Name}.", nameof(type));

    /// <summary>By the message's static type, as the official encoder does.</summary>
    internal static string EncodeCall<TMessage>(TMessage message)
    {
        var type = typeof(TMessage);
        var selector = Selector(Required<FunctionAttribute>(type).Name, type);
        return "0x" + selector + AbiStruct.Of(type).Encode(message).ToHex();
    }

    private static string Hash(string name, Type parameters) =>
        Sha3Keccack.Current.CalculateHash(name + AbiStruct.Of(parameters).Name);
}
