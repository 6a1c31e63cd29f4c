"""What can be wrong with a fee table: with the file as a whole, or with one of its rows."""

from __future__ import annotations

from hub.errors import Config, Reject, define

NOT_TEXT = define(
    "BH-SCH-001",
    Reject,
    zh="文件既不是 UTF-8 也不是 GB18030 文本",
    en="the file is text in neither UTF-8 nor GB18030",
    do_zh="另存为 UTF-8 的 CSV,或直接发送 XLSX",
    do_en="save it as CSV in UTF-8, or send the XLSX itself",
)
BAD_CSV = define(
    "BH-SCH-002",
    Reject,
    zh="CSV 在第 {row} 行附近不完整:{found}",
    en="the CSV is broken near row {row}: {found}",
    do_zh="检查引号是否成对,文件是否传完",
    do_en="check that quotes are paired and that the file is complete",
)
BAD_WORKBOOK = define(
    "BH-SCH-003",
    Reject,
    zh="表格文件无法读取:{found}",
    en="the workbook cannot be read: {found}",
    do_zh="在 Excel 或 WPS 中另存为 .xlsx 后再发送",
    do_en="save it again as .xlsx in Excel or WPS",
)
TOO_LARGE = define(
    "BH-SCH-004",
    Reject,
    zh="表格过大:{found}",
    en="the table is too large: {found}",
    do_zh="按学院或年级分成几个文件",
    do_en="split it into several files, one a faculty or grade",
)
NO_HEADINGS = define(
    "BH-SCH-005",
    Reject,
    zh="前 {rows} 行里找不到表头",
    en="no heading row in the first {rows} rows",
    do_zh="表头至少要有 {known} 中的三个;自家的名称写在设置 headings 里",
    do_en="name at least three of {known}; names of your own go into the setting `headings`",
)
DUPLICATE_HEADING = define(
    "BH-SCH-006",
    Reject,
    zh="表头“{heading}”出现两次",
    en="the heading {heading} stands twice",
    do_zh="删除或改名其中一列",
    do_en="remove or rename one of the columns",
)
MISSING_HEADING = define(
    "BH-SCH-007",
    Reject,
    zh="表头缺少 {heading}",
    en="the heading {heading} is missing",
    do_zh="补上这一列,或在设置 headings 里写明“自家名称=标准名称”",
    do_en="add the column, or map your name to it in the setting `headings`: yours=standard",
)
BAD_UPLOAD = define(
    "BH-SCH-008",
    Reject,
    zh="上传的内容无法读取:{found}",
    en="the upload cannot be read: {found}",
    do_zh="一次上传一个文件:请求体就是文件,或 multipart/form-data 里放一个文件",
    do_en="upload one file a request: as the body itself, or as the one file of a multipart/form-data form",
)
EMPTY_TABLE = define(
    "BH-SCH-009",
    Reject,
    zh="表头下面没有数据",
    en="there is no row below the headings",
    do_zh="检查导出条件",
    do_en="check what was exported",
)
OLD_WORKBOOK = define(
    "BH-SCH-010",
    Reject,
    zh="这是旧格式(.xls)或加密的工作簿",
    en="this is a workbook of the old .xls form, or one under a password",
    do_zh="在 Excel 或 WPS 中去掉密码,另存为 .xlsx 后再发送",
    do_en="take the password off and save it as .xlsx in Excel or WPS",
)
WEB_PAGE = define(
    "BH-SCH-011",
    Reject,
    zh="文件内容是网页或 XML,不是表格",
    en="the content is a web page or XML, not a table",
    do_zh="用 Excel 或 WPS 打开,另存为 .xlsx 后再发送",
    do_en="open it in Excel or WPS and save it as .xlsx",
)

LOST_DIGITS = define(
    "BH-SCH-020",
    Reject,
    zh="第 {row} 行“{column}”被表格软件当成数字,位数已丢失",
    en="row {row}: {column} was taken for a number and has lost digits",
    do_zh="把整列设为文本格式后从业务系统重新导出",
    do_en="make the column text and export it again from the system it came from",
)
FORMULA = define(
    "BH-SCH-021",
    Reject,
    zh="第 {row} 行“{column}”像公式",
    en="row {row}: {column} looks like a formula",
    do_zh="只填文字:不要以 = + - @ 或制表符开头;公式要在 Excel 或 WPS 中算出结果后再保存",
    do_en="write plain text that starts with none of = + - @ tab; save formulas from Excel or WPS, with their results",
)
NO_KEY = define(
    "BH-SCH-022",
    Reject,
    zh="第 {row} 行缺少 {column}",
    en="row {row}: {column} is empty",
    do_zh="补上 {column}(合并单元格要先拆开)",
    do_en="fill in {column} (split merged cells first)",
)
TOO_WIDE = define(
    "BH-SCH-023",
    Reject,
    zh="第 {row} 行的列数多于表头",
    en="row {row} has more cells than there are headings",
    do_zh="检查这一行里的分隔符和引号",
    do_en="check the delimiters and quotes of the row",
)
BAD_AMOUNT = define(
    "BH-SCH-024",
    Reject,
    zh="第 {row} 行“{column}”不是以{unit}为单位的金额",
    en="row {row}: {column} is not an amount in {unit}",
    do_zh="只填数字;金额单位由设置 amounts 声明",
    do_en="write a number only; the setting `amounts` declares the unit",
)
WRONG_SUM = define(
    "BH-SCH-025",
    Reject,
    zh="第 {row} 行“{column}”:应缴不等于应收减减免",
    en="row {row}: {column} is not what is charged less what is waived",
    do_zh="核对应收、减免和应缴",
    do_en="check the three amounts",
)
WRONG_TOTAL = define(
    "BH-SCH-026",
    Reject,
    zh="第 {row} 行的合计与“{column}”各行之和不符",
    en="row {row}: the total of {column} is not the sum of its rows",
    do_zh="核对文件是否缺行或被改动,改正后整份重发;已收的行不会重复计入",
    do_en="check for missing or changed rows and send the file again; rows already taken count once",
)
BAD_CELL = define(
    "BH-SCH-027",
    Reject,
    zh="第 {row} 行“{column}”过长或含有控制字符",
    en="row {row}: {column} is too long or holds control characters",
    do_zh="删去多余的内容",
    do_en="remove what does not belong there",
)

BAD_SETTING = define(
    "BH-SCH-040",
    Config,
    zh="设置 headings 里的“{entry}”不对",
    en="the entry {entry} of the setting headings is wrong",
    do_zh="写成“自家名称=标准名称”,标准名称是 {known} 之一",
    do_en="write yours=standard, with standard one of {known}",
)
