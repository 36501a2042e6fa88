# One resource of each kind that a serverless pipeline has, and a value that changes.
variable "word" {
  default = "tea"
}

resource "aws_s3_bucket" "data" {
  bucket        = "shop-data"
  force_destroy = true
  tags          = { team = var.word }
}
resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_s3_object" "greeting" {
  bucket  = aws_s3_bucket.data.id
  key     = "greeting.txt"
  content = var.word
}
resource "aws_sqs_queue" "dead" { name = "shop-dead" }
resource "aws_sqs_queue" "orders" {
  name           = "shop-orders"
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = var.word == "tea" ? 3 : 4 })
  tags           = { team = var.word }
}
resource "aws_sqs_queue_policy" "orders" {
  queue_url = aws_sqs_queue.orders.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow", Principal = { Service = "sns.amazonaws.com" }, Action = "sqs:SendMessage",
    Resource  = aws_sqs_queue.orders.arn,
    Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.news.arn } }
  }] })
}
resource "aws_sns_topic" "news" { name = "shop-news" }
resource "aws_sns_topic_subscription" "orders" {
  topic_arn = aws_sns_topic.news.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.orders.arn
}
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "fn" {
  name               = "shop-fn"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}
resource "aws_iam_role_policy" "fn" {
  role = aws_iam_role.fn.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
  { Effect = "Allow", Action = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource = "*" }] })
}
resource "aws_iam_policy" "extra" {
  name   = "shop-extra"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.data.arn}/*" }] })
}
resource "aws_iam_role_policy_attachment" "extra" {
  role       = aws_iam_role.fn.name
  policy_arn = aws_iam_policy.extra.arn
}
resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.fn.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}
resource "aws_cloudwatch_log_group" "fn" {
  name              = "/aws/lambda/shop-fn"
  retention_in_days = var.word == "tea" ? 7 : 14
}
resource "aws_lambda_function" "fn" {
  function_name    = "shop-fn"
  runtime          = "python3.13"
  handler          = "app.handler"
  filename         = "function.zip"
  source_code_hash = filebase64sha256("function.zip")
  role             = aws_iam_role.fn.arn
  timeout          = var.word == "tea" ? 10 : 20
  environment { variables = { QUEUE_URL = aws_sqs_queue.orders.id, ANSWER = var.word } }
  depends_on = [aws_cloudwatch_log_group.fn, aws_iam_role_policy.fn]
}
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.fn.function_name
  function_version = "$LATEST"
}
resource "aws_sqs_queue" "work" { name = "shop-work" }
resource "aws_lambda_event_source_mapping" "work" {
  event_source_arn = aws_sqs_queue.work.arn
  function_name    = aws_lambda_function.fn.arn
  batch_size       = var.word == "tea" ? 1 : 5
}
resource "aws_cloudwatch_event_rule" "daily" {
  name                = "shop-daily"
  schedule_expression = var.word == "tea" ? "rate(1 day)" : "rate(2 days)"
}
resource "aws_cloudwatch_event_target" "daily" {
  rule = aws_cloudwatch_event_rule.daily.name
  arn  = aws_lambda_function.fn.arn
}
resource "aws_lambda_permission" "daily" {
  function_name = aws_lambda_function.fn.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.daily.arn
}
resource "aws_iam_role" "scheduler" {
  name               = "shop-scheduler"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "scheduler.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "scheduler" {
  role   = aws_iam_role.scheduler.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = aws_lambda_function.fn.arn }] })
}
resource "aws_scheduler_schedule" "hourly" {
  name                = "shop-hourly"
  schedule_expression = var.word == "tea" ? "rate(1 hour)" : "rate(2 hours)"
  flexible_time_window { mode = "OFF" }
  target {
    arn      = aws_lambda_function.fn.arn
    role_arn = aws_iam_role.scheduler.arn
  }
}
resource "aws_api_gateway_rest_api" "api" { name = "shop-api" }
resource "aws_api_gateway_resource" "orders" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  parent_id   = aws_api_gateway_rest_api.api.root_resource_id
  path_part   = "orders"
}
resource "aws_api_gateway_method" "post" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  resource_id   = aws_api_gateway_resource.orders.id
  http_method   = "POST"
  authorization = "NONE"
}
resource "aws_api_gateway_integration" "post" {
  rest_api_id             = aws_api_gateway_rest_api.api.id
  resource_id             = aws_api_gateway_resource.orders.id
  http_method             = aws_api_gateway_method.post.http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = aws_lambda_function.fn.invoke_arn
}
resource "aws_api_gateway_deployment" "api" {
  rest_api_id = aws_api_gateway_rest_api.api.id
  depends_on  = [aws_api_gateway_integration.post]
}
resource "aws_api_gateway_stage" "v1" {
  rest_api_id   = aws_api_gateway_rest_api.api.id
  deployment_id = aws_api_gateway_deployment.api.id
  stage_name    = "v1"
}
resource "aws_lambda_permission" "api" {
  function_name = aws_lambda_function.fn.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.api.execution_arn}/*/*"
}
resource "aws_ssm_parameter" "word" {
  name  = "/shop/word"
  type  = "String"
  value = var.word
}
resource "aws_secretsmanager_secret" "key" {
  name                    = "shop-key"
  recovery_window_in_days = 0
}
resource "aws_secretsmanager_secret_version" "key" {
  secret_id     = aws_secretsmanager_secret.key.id
  secret_string = var.word
}
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "shop-errors"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = "shop-fn" }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  alarm_actions       = [aws_sns_topic.news.arn]
}
resource "aws_s3_bucket_notification" "data" {
  bucket = aws_s3_bucket.data.id
  queue {
    queue_arn = aws_sqs_queue.work.arn
    events    = ["s3:ObjectCreated:*"]
  }
  depends_on = [aws_sqs_queue_policy.work]
}
resource "aws_sqs_queue_policy" "work" {
  queue_url = aws_sqs_queue.work.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
  Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "sqs:SendMessage", Resource = aws_sqs_queue.work.arn }] })
}
output "url" { value = aws_api_gateway_stage.v1.invoke_url }
resource "aws_iam_role" "more" {
  name               = "more-fn"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = ["lambda.amazonaws.com", "apigateway.amazonaws.com", "scheduler.amazonaws.com"] }, Action = "sts:AssumeRole" }] })
  tags               = { a = "b" }
}
resource "aws_lambda_layer_version" "l" {
  layer_name          = "more-layer"
  filename            = "function.zip"
  compatible_runtimes = ["python3.13"]
}
resource "aws_sqs_queue" "fail" { name = "more-fail" }
resource "aws_sqs_queue" "fifo" {
  name                        = "more.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
}
resource "aws_lambda_function" "more" {
  function_name                  = "more-fn"
  runtime                        = "python3.13"
  handler                        = "app.handler"
  filename                       = "function.zip"
  role                           = aws_iam_role.more.arn
  layers                         = [aws_lambda_layer_version.l.arn]
  publish                        = true
  reserved_concurrent_executions = 2
  dead_letter_config { target_arn = aws_sqs_queue.fail.arn }
  tags = { a = "b" }
}
resource "aws_iam_role_policy" "more" {
  role   = aws_iam_role.more.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["sqs:*", "sns:*", "logs:*"], Resource = "*" }] })
}
resource "aws_lambda_function_event_invoke_config" "fn" {
  function_name          = aws_lambda_function.more.function_name
  maximum_retry_attempts = 0
  destination_config {
    on_failure { destination = aws_sqs_queue.fail.arn }
  }
}
resource "aws_lambda_function_url" "fn" {
  function_name      = aws_lambda_function.more.function_name
  authorization_type = "NONE"
}
resource "aws_s3_bucket" "b" { bucket = "more-b" }
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.more.arn }, Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/*" }] })
}
resource "aws_s3_bucket_lifecycle_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    id     = "x"
    status = "Enabled"
    filter {}
    expiration { days = var.word == "tea" ? 30 : 60 }
  }
}
resource "aws_s3_bucket_cors_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["*"]
  }
}
resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
  }
}
resource "aws_s3_bucket_website_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  index_document { suffix = "index.html" }
}
resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = aws_s3_bucket.b.id
  rule { object_ownership = "BucketOwnerEnforced" }
}
resource "aws_sns_topic" "t" { name = "more-t" }
resource "aws_sns_topic_policy" "t" {
  arn    = aws_sns_topic.t.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "sns:Publish", Resource = aws_sns_topic.t.arn }] })
}
resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.t.arn
  protocol  = "email"
  endpoint  = "a@example.com"
}
resource "aws_sns_topic_subscription" "fn" {
  topic_arn     = aws_sns_topic.t.arn
  protocol      = "lambda"
  endpoint      = aws_lambda_function.more.arn
  filter_policy = jsonencode({ kind = ["a"] })
}
resource "aws_cloudwatch_event_bus" "b" { name = "more" }
resource "aws_cloudwatch_event_archive" "a" {
  name             = "more"
  event_source_arn = aws_cloudwatch_event_bus.b.arn
}
resource "aws_cloudwatch_event_rule" "r" {
  name           = "more"
  event_bus_name = aws_cloudwatch_event_bus.b.name
  event_pattern  = jsonencode({ source = ["shop"] })
}
resource "aws_cloudwatch_event_target" "r" {
  rule           = aws_cloudwatch_event_rule.r.name
  event_bus_name = aws_cloudwatch_event_bus.b.name
  arn            = aws_sqs_queue.fail.arn
  input_transformer {
    input_paths    = { s = "$.source" }
    input_template = "\"<s>\""
  }
  retry_policy {
    maximum_retry_attempts       = 2
    maximum_event_age_in_seconds = 60
  }
}
resource "aws_scheduler_schedule_group" "g" { name = "more" }
resource "aws_cloudformation_stack" "s" {
  name          = "more-stack"
  template_body = jsonencode({ Resources = { Q = { Type = "AWS::SQS::Queue" } }, Outputs = { Url = { Value = { Ref = "Q" } } } })
}
resource "aws_ses_email_identity" "e" { email = "a@example.com" }
resource "aws_ssm_parameter" "s" {
  name  = "/more/s"
  type  = "SecureString"
  value = "x"
}
resource "aws_cloudwatch_log_group" "g" { name = "more" }
resource "aws_cloudwatch_log_stream" "s" {
  name           = "s"
  log_group_name = aws_cloudwatch_log_group.g.name
}
resource "aws_cloudwatch_log_metric_filter" "f" {
  name           = "more"
  pattern        = "ERROR"
  log_group_name = aws_cloudwatch_log_group.g.name
  metric_transformation {
    name      = "errors"
    namespace = "more"
    value     = "1"
  }
}
resource "aws_iam_user" "u" { name = "more" }
resource "aws_iam_access_key" "u" { user = aws_iam_user.u.name }
resource "aws_iam_group" "g" { name = "more" }
resource "aws_api_gateway_rest_api" "more" {
  name = "more"
  body = jsonencode({ openapi = "3.0.1", info = { title = "more", version = "1" }, paths = { "/x" = { get = { "x-amazon-apigateway-integration" = { type = "mock", requestTemplates = { "application/json" = "{\"statusCode\": 200}" }, responses = { default = { statusCode = "200" } } }, responses = { "200" = { description = "ok" } } } } } })
}
resource "aws_api_gateway_deployment" "d" { rest_api_id = aws_api_gateway_rest_api.more.id }
resource "aws_api_gateway_stage" "s" {
  rest_api_id   = aws_api_gateway_rest_api.more.id
  deployment_id = aws_api_gateway_deployment.d.id
  stage_name    = "v1"
}
resource "aws_api_gateway_method_settings" "s" {
  rest_api_id = aws_api_gateway_rest_api.more.id
  stage_name  = aws_api_gateway_stage.s.stage_name
  method_path = "*/*"
  settings { throttling_rate_limit = var.word == "tea" ? 10 : 20 }
}
resource "aws_api_gateway_api_key" "k" { name = "more" }
resource "aws_api_gateway_usage_plan" "p" {
  name = "more"
  api_stages {
    api_id = aws_api_gateway_rest_api.more.id
    stage  = aws_api_gateway_stage.s.stage_name
  }
}
resource "aws_api_gateway_usage_plan_key" "k" {
  key_id        = aws_api_gateway_api_key.k.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.p.id
}
