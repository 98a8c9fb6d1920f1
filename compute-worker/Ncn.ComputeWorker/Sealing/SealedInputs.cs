using System.Security.Cryptography;
using Google.Protobuf;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Repository;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Protocol.Sealing;

namespace Ncn.ComputeWorker.Sealing;

/// <summary>Opens inputs that clients sealed for this node. What it says of one that it refuses tells nothing of the content.</summary>
/// <remarks>1. The key. 2. Open it for the job's model. 3. Once. 4. Parse it as any input. 5. It asks for no more than its sender said in clear,
/// and for no place before others: priorities are the gateway's to give, and it cannot read this one.</remarks>
internal sealed class SealedInputs(EncryptionKeys keys, TimeProvider time)
{
    private readonly SeenRequests _seen = new(keys.OpenedAt);

    /// <summary>The sealed input in a job's input; null for an input in clear.</summary>
    public static SealedInput? Find(ReadOnlyMemory<byte> input)
    {
        try
        {
            return Input.Parser.ParseFrom(input.Span).Sealed;
        }
        catch (InvalidProtocolBufferException)
        {
            // Whoever parses it as an input in clear says so.
            return null;
        }
    }

    /// <summary>Opens a sealed input for the model that is to run it.</summary>
    /// <exception cref="JobRefusedException">It cannot be opened or read, came before, or asks for more than it says.</exception>
    public OpenedInput Open(SealedInput input, LoadedModel model, ulong seed)
    {
        HpkePrivateKey key = keys.Find(input.KeyId.Span) ?? throw Invalid(
            $"The request is sealed for the key {Hex.Format(input.KeyId.Span[..Math.Min(input.KeyId.Length, HpkePublicKey.KeyIdSize)])}, which this node does not have: get its key again and seal the request for it."); // 1
        OpenedRequest opened = SealedRequest.Open(key, model.Offer.Digest, input.EncapsulatedKey.Span, input.Ciphertext.Span) ?? throw Invalid(
            "The request cannot be opened with this node's key: it was sealed for another model, or was changed on its way."); // 2
        var encapsulated = new HexBytes(input.EncapsulatedKey.Span);
        bool isTaken = false;
        try
        {
            _seen.Take(encapsulated, opened.IssuedAt, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()); // 3
            isTaken = true;
            JobInput content = Parse(opened.Input, model, seed); // 4
            if (content is JobInput.Generate { Request.Priority: > 0 })
            {
                throw Invalid("The sealed request asks for a priority; only the gateway gives those: leave it out.");
            }

            CheckSize(input, content.Ceiling); // 5
            return new OpenedInput(content, new AnswerSealer(opened.Context, RandomNumberGenerator.GetBytes(SealedAnswerWriter.SaltSize)), () => _seen.GiveBack(encapsulated));
        }
        catch
        {
            opened.Context.Dispose();
            if (isTaken)
            {
                _seen.GiveBack(encapsulated);
            }

            throw;
        }
    }

    /// <summary>Holds the content to its price. Whoever sealed it is at fault, not the gateway that priced what it saw, nor this node.</summary>
    /// <exception cref="JobRefusedException">It asks for more than it says.</exception>
    internal static void CheckSize(SealedInput input, Usage ceiling)
    {
        if (Math.Max(ceiling.CompletionTokens, ceiling.Rows) > input.MaxTokens)
        {
            throw Invalid($"The sealed request asks for more than the {input.MaxTokens} tokens or rows that it is priced by; max_tokens must cover what is sealed.");
        }

        uint priced = SealedRequest.MostPromptTokens(input.Ciphertext.Length);
        if (ceiling.PromptTokens > priced)
        {
            throw Invalid($"The sealed prompt has more than the {priced} tokens that a sealed request of its length is priced by; shorten it, or leave out what the model's template makes long.");
        }
    }

    // What is wrong with an input in clear can be quoted; of a sealed one only the kind of the problem is told.
    private static JobInput Parse(byte[] bytes, LoadedModel model, ulong seed)
    {
        try
        {
            return JobInput.Parse(bytes, model, seed);
        }
        catch (Exception exception) when (exception is JobRefusedException or Ncn.Inference.InferenceException)
        {
            throw SealedRefusal.Of(exception, $"The sealed request was opened and is no input that {model.Manifest.Name} takes: check it against the model's kind and limits.");
        }
    }

    private static JobRefusedException Invalid(string message) => new(JobRefusalReason.Invalid, message);
}

/// <summary>A sealed input, opened.</summary>
/// <param name="Content">What to run.</param>
/// <param name="Sealer">Seals the answer.</param>
/// <param name="GiveBack">To be called when it is not run after all: the same request may then come again.</param>
internal sealed record OpenedInput(JobInput Content, AnswerSealer Sealer, Action GiveBack);

/// <summary>Refusals of sealed work, without the words of the failure: those may quote what was sealed.</summary>
internal static class SealedRefusal
{
    public static JobRefusedException Of(Exception failure, string message)
    {
        JobRefusalReason reason = failure switch
        {
            JobRefusedException refused => refused.Reason,
            Ncn.Inference.InferenceException inference => JobRefusedException.From(inference).Reason,
            _ => JobRefusalReason.Failed,
        };
        return new JobRefusedException(reason, message);
    }
}
