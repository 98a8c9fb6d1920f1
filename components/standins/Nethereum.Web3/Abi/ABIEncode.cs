using Nethereum.Util;

namespace Nethereum.ABI;

/// <summary>A value with the name of its ABI type.</summary>
public class ABIValue
{
    private readonly AbiType _type;

    public ABIValue(string abiType, object value) => (_type, Value) = (AbiTypeParser.Parse(abiType, null), value);

    public object Value { get; set; }

    internal AbiType Type => _type;
}

/// <summary>abi.encode and its hash, outside of any call.</summary>
public class ABIEncode
{
    public byte[] GetABIEncoded(params ABIValue[] abiValues) =>
        AbiType.EncodeSequence([.. abiValues.Select(value => value.Type)], [.. abiValues.Select(value => value.Value)]);

    public byte[] GetSha3ABIEncoded(params ABIValue[] abiValues) =>
        Sha3Keccack.Current.CalculateHash(GetABIEncoded(abiValues));

    public byte[] GetABIParamsEncoded<T>(T input) => AbiStruct.Of(typeof(T)).Encode(input);
}
