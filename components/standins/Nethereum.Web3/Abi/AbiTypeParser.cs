using System.Globalization;

namespace Nethereum.ABI;

/// <summary>Turns a type name such as "uint128", "bytes32[]" or "tuple[2]" into its codec.</summary>
internal static class AbiTypeParser
{
    /// <param name="type">The type name; a tuple takes its components from <paramref name="clrType"/>.</param>
    /// <param name="clrType">The .NET type of the property; null where no tuple can occur.</param>
    internal static AbiType Parse(string type, Type clrType)
    {
        if (type.EndsWith(']'))
        {
            var open = type.LastIndexOf('[');
            var length = type[(open + 1)..^1];
            var element = Parse(type[..open], ElementType(clrType));
            return new AbiArray(element, length.Length == 0 ? null : Number(length, type));
        }

        return type switch
        {
            "tuple" => AbiStruct.Of(clrType ?? throw new ArgumentException("A tuple needs a class for its components.", nameof(type))),
            "address" => new AbiAddress(),
            "bool" => new AbiBool(),
            "string" => new AbiBytes("string"),
            "bytes" => new AbiBytes("bytes"),
            "uint" => new AbiInteger("uint256", 256, signed: false),
            "int" => new AbiInteger("int256", 256, signed: true),
            _ when type.StartsWith("uint", StringComparison.Ordinal) => new AbiInteger(type, Number(type[4..], type), signed: false),
            _ when type.StartsWith("int", StringComparison.Ordinal) => new AbiInteger(type, Number(type[3..], type), signed: true),
            _ when type.StartsWith("bytes", StringComparison.Ordinal) => new AbiFixedBytes(type, Number(type[5..], type)),
            _ => throw Unknown(type),
        };
    }

    internal static Type ElementType(Type clrType)
    {
        if (clrType is null || clrType == typeof(object))
        {
            return typeof(object);
        }

        return clrType.IsArray ? clrType.GetElementType() : clrType.GenericTypeArguments.SingleOrDefault() ?? typeof(object);
    }

    private static int Number(string digits, string type) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Unknown(type);

    private static ArgumentException Unknown(string type) => new($"\"{type}\" is not a type of the contract ABI.", nameof(type));
}
