using System.Collections;
using System.Text;
using Nethereum.Util;

namespace Nethereum.ABI.EIP712;

/// <summary>EIP-712: 0x19 0x01, the domain separator and the hash of the message.</summary>
public class Eip712TypedDataEncoder
{
    public static Eip712TypedDataEncoder Current { get; } = new();

    public byte[] EncodeTypedData<T, TDomain>(T message, TypedData<TDomain> typedData)
    {
        typedData.SetMessage(message);
        return EncodeTypedData(typedData);
    }

    public byte[] EncodeTypedData<TDomain>(TypedData<TDomain> typedData)
    {
        typedData.EnsureDomainRawValuesAreInitialised();
        return EncodeTypedDataRaw(typedData);
    }

    public byte[] EncodeTypedDataRaw(TypedDataRaw typedData) =>
    [
        0x19, 0x01,
        .. HashStruct(typedData.Types, "EIP712Domain", typedData.DomainRawValues),
        .. HashStruct(typedData.Types, typedData.PrimaryType, typedData.Message),
    ];

    public byte[] EncodeAndHashTypedData<T, TDomain>(T message, TypedData<TDomain> typedData) =>
        Sha3Keccack.Current.CalculateHash(EncodeTypedData(message, typedData));

    public byte[] EncodeAndHashTypedData<TDomain>(TypedData<TDomain> typedData) =>
        Sha3Keccack.Current.CalculateHash(EncodeTypedData(typedData));

    private static byte[] HashStruct(IDictionary<string, MemberDescription[]> types, string name, MemberValue[] values)
    {
        var typeHash = Sha3Keccack.Current.CalculateHashAsBytes(EncodeType(types, name));
        return Sha3Keccack.Current.CalculateHash([.. typeHash, .. values.SelectMany(member => EncodeValue(types, member.TypeName, member.Value))]);
    }

    private static byte[] EncodeValue(IDictionary<string, MemberDescription[]> types, string type, object value)
    {
        if (type.EndsWith(']'))
        {
            var element = type[..type.LastIndexOf('[')];
            var items = ((IEnumerable)value).Cast<object>().SelectMany(item => EncodeValue(types, element, item));
            return Sha3Keccack.Current.CalculateHash([.. items]);
        }

        if (types.ContainsKey(type))
        {
            return HashStruct(types, type, (MemberValue[])value);
        }

        return type switch
        {
            "string" => Sha3Keccack.Current.CalculateHashAsBytes((string)value),
            "bytes" => Sha3Keccack.Current.CalculateHash((byte[])value),
            _ => AbiTypeParser.Parse(type, null).Encode(value),
        };
    }

    /// <summary>The primary type first, then every struct that it mentions, sorted by name.</summary>
    private static string EncodeType(IDictionary<string, MemberDescription[]> types, string name)
    {
        var mentioned = new SortedSet<string>(StringComparer.Ordinal);
        Collect(types, name, mentioned);
        mentioned.Remove(name);
        var text = new StringBuilder();
        foreach (var type in mentioned.Prepend(name))
        {
            text.Append(type).Append('(').AppendJoin(',', types[type].Select(member => $"{member.Type} {member.Name}")).Append(')');
        }

        return text.ToString();
    }

    private static void Collect(IDictionary<string, MemberDescription[]> types, string name, SortedSet<string> mentioned)
    {
        var bare = name.Split('[')[0];
        if (types.TryGetValue(bare, out var members) && mentioned.Add(bare))
        {
            foreach (var member in members)
            {
                Collect(types, member.Type, mentioned);
            }
        }
    }
}
