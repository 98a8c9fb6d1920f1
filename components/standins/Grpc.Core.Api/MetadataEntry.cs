using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One header: a key and either text or bytes.</summary>
    public class Entry
    {
        private readonly string? text;
        private readonly byte[]? bytes;

        public Entry(string key, byte[] valueBytes)
        {
            Key = NormalizeKey(key);
            if (!IsBinary)
            {
                throw new ArgumentException($"Key for binary valued metadata entry needs to have suffix indicating binary value; '{key}' does not end in {BinaryHeaderSuffix}.", nameof(key));
            }
            ArgumentNullException.ThrowIfNull(valueBytes);
            bytes = (byte[])valueBytes.Clone();
        }

        public Entry(string key, string value)
        {
            Key = NormalizeKey(key);
            if (IsBinary)
            {
                throw new ArgumentException($"Key for ASCII valued metadata entry cannot have suffix indicating binary value; '{key}' ends in {BinaryHeaderSuffix}.", nameof(key));
            }
            ArgumentNullException.ThrowIfNull(value);
            text = value;
        }

        public string Key { get; }

        public string Value => text ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        public byte[] ValueBytes => bytes is null ? Encoding.ASCII.GetBytes(Value) : (byte[])bytes.Clone();

        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToHexString(bytes!)}]"
            : $"[Entry: key={Key}, value={text}]";

        private static string NormalizeKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            foreach (var letter in key)
            {
                if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '_' or '-'))
                {
                    throw new ArgumentException($"Metadata entry key '{key}' may hold only letters, digits, underscores, hyphens and dots.", nameof(key));
                }
            }
            return key.Length == 0 ? throw new ArgumentException("A metadata entry key may not be empty.", nameof(key)) : key.ToLowerInvariant();
        }
    }
}
