using System.Text.Json.Nodes;

namespace Ncn.Tests.Models;

/// <summary>The <c>genai_config.json</c> that ONNX Runtime GenAI reads beside a model.</summary>
internal static class GenAiConfig
{
    public static void Write(string folder, DecoderShape shape)
    {
        var config = new JsonObject { ["model"] = Model(shape), ["search"] = Search(shape.Context) };
        File.WriteAllText(Path.Combine(folder, "genai_config.json"), config.ToJsonString(ModelFolder.Indented) + "\n");
    }

    private static JsonObject Model(DecoderShape shape) => new()
    {
        ["bos_token_id"] = shape.EndOfText, ["context_length"] = shape.Context, ["decoder"] = Decoder(shape),
        ["eos_token_id"] = new JsonArray(shape.TurnEnd, shape.EndOfText), ["pad_token_id"] = shape.EndOfText,
        ["type"] = "llama", ["vocab_size"] = shape.Vocabulary,
    };

    private static JsonObject Decoder(DecoderShape shape) => new()
    {
        ["session_options"] = new JsonObject { ["log_id"] = "onnxruntime-genai", ["provider_options"] = new JsonArray() },
        ["filename"] = "model.onnx", ["head_size"] = shape.HeadSize, ["hidden_size"] = shape.Width,
        ["inputs"] = new JsonObject
        {
            ["input_ids"] = "input_ids", ["attention_mask"] = "attention_mask",
            ["past_key_names"] = "past_key_values.%d.key", ["past_value_names"] = "past_key_values.%d.value",
        },
        ["outputs"] = new JsonObject
        {
            ["logits"] = "logits", ["present_key_names"] = "present.%d.key", ["present_value_names"] = "present.%d.value",
        },
        ["num_attention_heads"] = shape.Heads, ["num_hidden_layers"] = shape.Layers, ["num_key_value_heads"] = shape.KeyValueHeads,
    };

    private static JsonObject Search(int context) => new()
    {
        ["diversity_penalty"] = 0.0, ["do_sample"] = false, ["early_stopping"] = true, ["length_penalty"] = 1.0,
        ["max_length"] = context, ["min_length"] = 0, ["no_repeat_ngram_size"] = 0, ["num_beams"] = 1,
        ["num_return_sequences"] = 1, ["past_present_share_buffer"] = true, ["repetition_penalty"] = 1.0,
        ["temperature"] = 1.0, ["top_k"] = 1, ["top_p"] = 1.0,
    };
}
